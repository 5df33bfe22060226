// One question with its answer, as elements. Everything from a model, a document or a person is text, never HTML.

import { say } from "./words.js";

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const button = (word, onclick) => element("button", { type: "button", textContent: say(word), onclick });

export class TurnView {
  // `deeds`: {copy, origin, judge} are called with the turn.
  constructor(turn, deeds) {
    this.turn = turn;
    this.deeds = deeds;
    this.asked = element("p", { className: "asked", dir: "auto", textContent: turn.question });
    this.answer = element("p", { className: "answer", dir: "auto" });
    this.found = element("div", {});
    this.note = element("p", { className: "soft", hidden: true });
    this.row = element("div", { className: "deeds", hidden: true });
    this.item = element("li", {}, this.asked, this.answer, this.found, this.note, this.row);
    this.begun = turn.way === "write_on" ? element("span", { className: "yours", textContent: turn.question }) : null;
    this.asked.hidden = Boolean(this.begun);
    this.written = document.createTextNode(turn.answer ?? "");
    this.answer.append(...(this.begun ? [this.begun, this.written] : [this.written]));
    if (turn.found) this.showFound(turn.found);
    if (!turn.isOpen) this.finish();
  }

  work() {
    this.answer.classList.add("working");
  }

  add(piece) {
    this.turn.answer += piece;
    this.written.data = this.turn.answer;
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  finish() {
    this.answer.classList.remove("working");
    this.answer.hidden = !this.turn.answer && !this.begun;
    this.row.hidden = false;
    const deeds = [button("copy", () => this.deeds.copy(this)), button("where_from", () => this.showOrigin())];
    this.row.replaceChildren(...deeds, button("good", () => this.judge("good")), button("bad", () => this.judge("bad")));
  }

  showOrigin() {
    this.say(this.turn.found?.quotation ? say("offering_find") : say("where_from_model"));
  }

  judge(verdict) {
    const reason = element("input", { type: "text", dir: "auto", placeholder: say("why"), ariaLabel: say("why") });
    const form = element("form", { className: "reason" }, reason, element("button", { textContent: say("send_reason") }));
    form.onsubmit = (event) => {
      event.preventDefault();
      this.deeds.judge(this.turn, verdict, reason.value);
      form.remove();
      this.say(say("thanks"));
    };
    this.row.querySelector("form")?.remove();
    this.row.append(form);
    reason.focus();
  }

  // `found` is what the server's /answers gives, or `find` of the engine in this browser in the same form.
  showFound(found) {
    const shown = [];
    const paragraph = (className, text) => text && shown.push(element("p", { className, dir: "auto", textContent: text }));
    if (found.instruction) shown.push(element("p", { className: "danger", dir: "auto", role: "alert", textContent: found.instruction }));
    paragraph("answer", found.kind === "quoted" ? "" : found.message || say("not_found"));
    paragraph("", found.ask);
    paragraph("answer", found.phrased);
    if (found.quotation) shown.push(quotation(found.quotation));
    if (found.also?.length) {
      const others = element("details", {}, element("summary", { textContent: say("also") }), ...found.also.map(quotation));
      shown.push(others);
    }
    this.found.replaceChildren(...shown);
  }
}

function quotation(passage) {
  const quote = element("blockquote", { dir: "auto" }, ...marked([...passage.text], passage.marks ?? (passage.marked ? [passage.marked] : [])));
  const place = [passage.file, passage.page && say("page", { number: passage.page }), passage.row, passage.heading].filter(Boolean).join(" · ");
  const cite = element("cite", {}, element("bdi", { textContent: place }));
  // Only a link into this very site: a document may name any address.
  if (passage.link && new URL(passage.link, location.href).origin === location.origin) {
    cite.append(" ", element("a", { href: passage.link, textContent: say("open") }));
  }
  quote.append(cite);
  return quote;
}

// The text in pieces, those of `marks` ([begin, end] in code points, in order) as <mark>.
function marked(letters, marks) {
  const parts = [];
  let at = 0;
  for (const [begin, end] of marks) {
    if (begin < at || end > letters.length) continue;
    parts.push(letters.slice(at, begin).join(""), element("mark", { textContent: letters.slice(begin, end).join("") }));
    at = end;
  }
  return [...parts, letters.slice(at).join("")];
}
