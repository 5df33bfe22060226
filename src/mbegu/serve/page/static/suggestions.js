// Under the text, while one writes: the next words that the model thinks likeliest. One tap, or Tab, arrows and Enter, takes one.

import { nextWords } from "./next_words.js";
import { element } from "./turns.js";

const PAUSE_MS = 250; // in writing, before the model is asked

export class Suggestions {
  // `field` is written in, `place` shows the words; `engine` is asked while `isWanted()`.
  constructor(field, place, engine, isWanted) {
    Object.assign(this, { field, place, engine, isWanted });
    this.asking = new AbortController();
    field.addEventListener("input", () => this.renew());
    field.addEventListener("keydown", (event) => this.enter(event));
    place.addEventListener("keydown", (event) => this.walk(event));
  }

  // Drops what is shown and under way, so that an answer or the next letter never waits for it.
  clear() {
    clearTimeout(this.timer);
    this.asking.abort();
    this.place.replaceChildren();
    this.place.hidden = !this.isWanted();
  }

  renew() {
    this.clear();
    if (this.isWanted()) this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    const { value, selectionEnd } = this.field;
    if (!value.trim() || selectionEnd < value.length) return;
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const words = await nextWords(this.engine, value, signal);
      if (!signal.aborted) this.show(words);
    } catch {
      // A suggestion that does not come is not missed: the engine is busy, or the text is too long.
    }
  }

  show(words) {
    const buttons = words.map(({ word, text }, index) =>
      element("button", { type: "button", textContent: word, dir: "auto", tabIndex: index ? -1 : 0, onclick: () => this.take(text) }),
    );
    this.place.replaceChildren(...buttons);
  }

  take(text) {
    this.field.value = text;
    this.field.focus();
    this.field.setSelectionRange(text.length, text.length);
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // From the end of the text, the arrow down leads to the words, as Tab does.
  enter(event) {
    const { value, selectionStart } = this.field;
    if (event.key !== "ArrowDown" || event.isComposing || selectionStart < value.length || !this.place.firstChild) return;
    event.preventDefault();
    this.place.firstChild.focus();
  }

  walk(event) {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const buttons = [...this.place.children];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape" || event.key === "ArrowUp") this.field.focus();
    else if (event.key.startsWith("Arrow")) buttons[(at + (event.key === forward || event.key === "ArrowDown" ? 1 : buttons.length - 1)) % buttons.length]?.focus();
    else return;
    event.preventDefault();
  }
}
