// All words of the page, one file a language in words/. English stands in for a word that a language lacks.

import { jsonOf } from "./files.js";
import { setting } from "./store.js";

const FALLBACK = "eng";
let own = {};
let fallback = {};
let tag = "en";

const load = (code) => jsonOf(`words/${code}.json`);

export const say = (name, values = {}) => {
  const text = own[name] ?? fallback[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? isolate(values[key]) : whole));
};

// A value of another direction must not turn the words around it.
const isolate = (value) => `\u2068${value}\u2069`;

export const number = (value, options = {}) => new Intl.NumberFormat(tag, options).format(value);

export const date = () => new Intl.DateTimeFormat(tag, { dateStyle: "long" }).format(new Date());

export const bytes = (size) => {
  const unit = size < 1e6 ? ["kilobyte", 1e3] : size < 1e9 ? ["megabyte", 1e6] : ["gigabyte", 1e9];
  return number(size / unit[1], { style: "unit", unit: unit[0], maximumFractionDigits: size < 1e9 ? 0 : 1 });
};

export async function speak(code) {
  const chosen = await load(code);
  fallback = (await load(FALLBACK)).words;
  own = chosen.words;
  tag = chosen.tag;
  document.documentElement.lang = chosen.tag;
  document.documentElement.dir = chosen.direction;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = say(element.dataset.label);
  const note = document.getElementById("translation");
  note.textContent = own.translation ?? "";
  note.hidden = Boolean(chosen.signed_by);
}

// The language that was chosen before, else the first of the device's that there are words for, else the first listed.
export function preferred(languages) {
  const before = setting("language");
  if (languages.some((each) => each.code === before)) return before;
  for (const wanted of navigator.languages ?? []) {
    const found = languages.find((each) => each.tag === wanted.split("-")[0].toLowerCase());
    if (found) return found.code;
  }
  return languages[0].code;
}
