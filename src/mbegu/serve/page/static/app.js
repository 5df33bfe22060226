// The page: asks the engine, shows what it writes as it comes, keeps it on this device.

import { browserEngine } from "./browser_engine.js";
import { copyText } from "./copy.js";
import { ServerEngine } from "./server_engine.js";
import { addressOf, inApp, jsonOf } from "./files.js";
import { feedbackFile, forgetAll, forgetSetting, keepFeedback, keepSetting, keepTurn, setting, turns } from "./store.js";
import { Suggestions } from "./suggestions.js";
import { TurnView, element } from "./turns.js";
import { bytes, date, preferred, say, speak } from "./words.js";

const at = (id) => document.getElementById(id);
const SAVE_EVERY_MS = 1000;
const MOST_HISTORY = 6; // turns of a conversation that the model is reminded of
const WAYS = { ask: ["question", "offering_chat"], write_on: ["beginning", "offering_complete"], find: ["search_for", "offering_find"] };

let config;
let engine;
let way;
let stopping = null;
let live = null; // the view of the turn that is being answered
let suggestions;
let languages = [];
let missingBytes = 0;
let isKept = Promise.resolve(false);

const notice = (text, isCalm = false) => {
  at("notice").textContent = text;
  at("notice").classList.toggle("calm", isCalm);
  delete at("notice").dataset.word;
  at("notice").hidden = !text;
};

// A notice that is said anew in another language.
const tell = (word, isCalm) => {
  notice(say(word), isCalm);
  at("notice").dataset.word = word;
};

const failed = (error) => {
  if (error.kind === "pairing_code") at("pairing").hidden = false;
  return error.kind ? say(error.kind, error.values) : say("went_wrong", { detail: error.message });
};

const deeds = {
  async copy(view) {
    const { turn } = view;
    const { quotation } = turn.found ?? {};
    const quoted = quotation ? `“${quotation.text}” (${quotation.file})` : (turn.found?.message ?? "");
    const isCopied = await copyText((turn.way === "write_on" ? turn.question : "") + (turn.answer || quoted));
    view.say(say(isCopied ? "copied" : "not_copied"));
  },
  judge(turn, verdict, reason) {
    const { question, answer, found } = turn;
    keepFeedback({ time: new Date().toISOString(), model: config.model, way: turn.way, question, answer, found, verdict, reason: reason.normalize("NFC") });
  },
};

function waysHere() {
  const here = config.model ? [config.can_chat ? "ask" : "write_on"] : [];
  return config.documents ? ["find", ...here] : here;
}

function chooseWay(chosen) {
  way = chosen;
  const [label, offering] = WAYS[way];
  at("send").dataset.word = way;
  at("send").textContent = say(way);
  at("question-label").dataset.word = label;
  at("question-label").textContent = say(label);
  at("offering").textContent = say(offering);
  suggestions?.renew();
}

function showWays() {
  const here = waysHere();
  const choices = here.map((each) => {
    const input = element("input", { type: "radio", name: "way", value: each, checked: each === (way ?? here[0]), onchange: () => chooseWay(each) });
    return element("label", {}, input, element("span", { textContent: say(each) }));
  });
  at("ways").replaceChildren(at("ways").querySelector("legend"), ...choices);
  at("ways").hidden = here.length < 2;
  chooseWay(way ?? here[0]);
}

const conversation = () =>
  turns()
    .filter((turn) => turn.way === "ask" && turn.answer && turn.session === session)
    .slice(-MOST_HISTORY)
    .flatMap((turn) => [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.answer },
    ]);

// What is written after as much of the conversation as fits: where it has grown too long, its oldest turns are left out.
async function* written(question, options) {
  for (let history = conversation(); ; history = history.slice(2)) {
    try {
      yield* engine.write(question, { ...options, history });
      return;
    } catch (error) {
      if (error.kind !== "too_long" || !history.length) throw error;
    }
  }
}

const session = crypto.randomUUID?.() ?? String(Math.random());

async function ask(question) {
  const turn = { id: `${Date.now()}`, session, way, question, answer: "", isOpen: true };
  const view = new TurnView(turn, deeds);
  live = view;
  at("turns").append(view.item);
  view.item.scrollIntoView({ block: "nearest" });
  working(new AbortController());
  suggestions.clear();
  let saved = 0;
  try {
    const options = { signal: stopping.signal, language: setting("language"), onWait: (seconds) => view.say(say("busy", { seconds })) };
    view.work();
    if (way === "find") {
      turn.found = await engine.find(question, options);
      view.showFound(turn.found);
    } else {
      for await (const piece of written(question, options)) {
        view.say("");
        view.add(piece);
        if (live === view && Date.now() - saved > SAVE_EVERY_MS) [saved] = [Date.now(), keepTurn(turn)];
      }
    }
  } catch (error) {
    view.say(stopping.signal.aborted ? say("stopped") : failed(error));
  } finally {
    turn.isOpen = false;
    view.finish();
    working(null);
    if (live === view) {
      keepTurn(turn);
      at("heard").textContent = view.item.querySelector(".danger, blockquote, .answer:not([hidden])")?.textContent ?? ""; // a screen reader's turn
      live = null;
    }
  }
}

// The answer under way is forgotten too: it ends, and is kept no more.
function forget() {
  live = null;
  stopping.abort();
  forgetAll();
  at("question").value = "";
  at("heard").textContent = "";
  at("turns").replaceChildren();
  suggestions.clear();
}

function working(controller) {
  stopping = controller ?? { abort() {}, signal: {} };
  const hadFocus = document.activeElement === at("stop");
  at("send").disabled = Boolean(controller);
  at("stop").hidden = !controller;
  if (controller) at("stop").focus({ preventScroll: true });
  else if (hadFocus) at("send").focus({ preventScroll: true });
  if (!controller) suggestions?.renew();
}

async function loading(deed) {
  at("fetch").hidden = true;
  at("progress").hidden = false;
  try {
    await deed((done, all) => {
      at("progress").value = done / all;
      at("loading-text").textContent = done < all ? say("loading_model", { done: bytes(done), all: bytes(all) }) : say("starting_model");
    });
    at("loading").hidden = true;
    return true;
  } catch (error) {
    notice(failed(error));
    at("fetch").hidden = false;
    return false;
  }
}

// What becomes of page and model when this page is closed.
async function readyWord() {
  const isPageKept = await isKept;
  if (isPageKept && engine.isKept) return "ready_offline";
  return engine.isKept && !window.isSecureContext ? "not_secure" : "not_kept";
}

async function startEngine() {
  if (!(await loading((onProgress) => engine.start(onProgress)))) return;
  at("send").disabled = false;
  suggestions.renew();
  const word = await readyWord();
  tell(word, word === "ready_offline");
  if (engine.newer) await offerNewer();
}

// An earlier model runs, of which nothing is taken away before all of the newer one is here; that one starts with the page.
async function offerNewer() {
  tell("newer_model", true);
  await offer(engine.newer);
}

async function fetchNewer() {
  if (await loading((onProgress) => engine.newer.collect(onProgress))) tell("update_ready", false);
}

async function offer(offered) {
  at("loading").hidden = false;
  at("progress").hidden = true;
  at("loading-text").textContent = "";
  const obstacle = await offered.obstacle();
  if (obstacle) notice(failed(obstacle));
  if (obstacle?.kind === "no_browser") return;
  missingBytes = await offered.missingBytes();
  nameFetch();
  at("fetch").hidden = false;
}

const nameFetch = () => {
  at("fetch").textContent = say("fetch_model", { size: bytes(missingBytes) });
};

// A model in this browser is large: it is fetched when the person says so, and at once when it is here already.
async function offerEngine() {
  at("send").disabled = true;
  await offer(engine);
  if (!at("fetch").hidden && !missingBytes) await startEngine();
}

// What stands below a printed page: which model it was, when, and where its label is.
function namePrinted() {
  const label = config.label ? `${say("label")}: label.html` : "";
  at("printed").textContent = [config.name, config.model, date(), label].filter(Boolean).join(" · ");
}

function listen() {
  at("ask").onsubmit = (event) => {
    event.preventDefault();
    const question = at("question").value.normalize("NFC").trim();
    if (!question || at("send").disabled) return;
    at("question").value = "";
    forgetSetting("draft");
    ask(question);
  };
  at("question").oninput = () => keepSetting("draft", at("question").value);
  at("question").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      at("ask").requestSubmit();
    }
  };
  at("stop").onclick = () => stopping.abort();
  at("fetch").onclick = () => (engine.newer && engine.isReady ? fetchNewer() : startEngine());
  at("print").onclick = () => window.print();
  window.addEventListener("beforeprint", namePrinted);
  at("large").onclick = () => large(document.documentElement.dataset.size !== "large");
  at("forget").onclick = () => {
    if (window.confirm(say("forget_sure"))) forget();
  };
  at("save-feedback").onclick = () => {
    const link = element("a", { href: URL.createObjectURL(feedbackFile()), download: "feedback.jsonl" });
    link.click();
  };
  at("language").onchange = async () => {
    keepSetting("language", at("language").value);
    await speak(at("language").value);
    nameFetch();
    tellKept();
    showWays();
    showTurns();
  };
  at("pairing").onsubmit = async (event) => {
    event.preventDefault();
    try {
      await engine.pair(at("code").value.trim());
      at("pairing").hidden = true;
      notice("");
    } catch (error) {
      notice(failed(error));
    }
  };
}

// People who ask are told when the server keeps what they ask; the note that it stays on this device would then be wrong.
function tellKept() {
  at("kept").textContent = say("kept", { days: config.kept_days });
  at("kept").hidden = !config.kept_days;
  at("history-note").hidden = Boolean(config.kept_days);
}

function large(isLarge) {
  document.documentElement.dataset.size = isLarge ? "large" : "";
  at("large").setAttribute("aria-pressed", String(isLarge));
  keepSetting("large", isLarge ? "yes" : "");
}

// A turn that was still open when the page was put to sleep or closed shows what it had; one that is being answered stays as it is.
function showTurns() {
  at("turns").replaceChildren();
  for (const turn of turns()) {
    if (turn.id === live?.turn.id) continue;
    const view = new TurnView({ ...turn, isOpen: false }, deeds);
    if (turn.isOpen) view.say(say("went_on"));
    at("turns").append(view.item);
  }
  if (live) at("turns").append(live.item);
}

// Whether the page itself is kept on this device, once all of it is; only browsers at a secure address do that.
async function install() {
  if (inApp) return true;
  if (!("serviceWorker" in navigator)) return false;
  const registration = await navigator.serviceWorker.register("worker.js", { scope: "./" });
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing.addEventListener("statechange", () => {
      if (installing.state === "installed" && navigator.serviceWorker.controller) tell("update_ready", false);
    });
  });
  await navigator.serviceWorker.ready;
  return true;
}

async function main() {
  const told = await jsonOf("page.json");
  engine = told.engine === "browser" ? await browserEngine(told) : new ServerEngine(told);
  ({ config } = engine);
  ({ languages } = config);
  for (const each of languages) at("language").append(element("option", { value: each.code, textContent: each.name, lang: each.tag }));
  const language = preferred(languages);
  at("language").value = language;
  keepSetting("language", language);
  await speak(language);
  large(setting("large") === "yes");
  document.title = config.name;
  at("name").textContent = config.name;
  at("label").hidden = !config.label;
  tellKept();
  if (inApp && config.label) addressOf("label.html").then((address) => Object.assign(at("label"), { href: address, target: "_blank" }));
  at("question").value = setting("draft") ?? "";
  const mayAsk = () => way === "write_on" && engine.isReady && !at("send").disabled && !config.kept_days; // no draft of a question is kept
  suggestions = new Suggestions(at("question"), at("suggestions"), engine, mayAsk);
  showWays();
  showTurns();
  listen();
  working(null);
  if (config.engine === "browser") {
    isKept = install().catch(() => false);
    await offerEngine();
  }
  document.documentElement.dataset.ready = "yes";
}

main();
