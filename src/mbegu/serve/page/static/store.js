// What stays on this device: what was asked and answered, the feedback, and in the pack the parts of the model.

import { appName } from "./files.js";

const TURNS = "turns";
const FEEDBACK = "feedback";
const MODEL = "model";
const MOST_TURNS = 100;

// All files on a disk share one store in some browsers, and packs in folders of one address always do: each has names of its own.
const folder = new URL("./", location.href).pathname;
const own = appName || (folder === "/" ? "" : folder);
const named = (name) => (own ? `${own} ${name}` : name);

// A full or forbidden store: the page works on, and forgets.
const trying = (deed, otherwise) => {
  try {
    return deed();
  } catch {
    return otherwise;
  }
};

export const setting = (name) => trying(() => localStorage.getItem(named(name)), null);

export const keepSetting = (name, value) => trying(() => localStorage.setItem(named(name), value));

export const forgetSetting = (name) => trying(() => localStorage.removeItem(named(name)));

const read = (name) => trying(() => JSON.parse(setting(name)) ?? [], []);

const write = (name, value) => keepSetting(name, JSON.stringify(value));

export const turns = () => read(TURNS);

export const keepTurn = (turn) => write(TURNS, [...turns().filter((each) => each.id !== turn.id), turn].slice(-MOST_TURNS));

export const feedback = () => read(FEEDBACK);

export const keepFeedback = (entry) => write(FEEDBACK, [...feedback(), entry]);

export function forgetAll() {
  forgetSetting(TURNS);
  forgetSetting(FEEDBACK);
  forgetSetting("draft");
}

// What the page was told of the model that started last; null before the first.
export const lastModel = () => trying(() => JSON.parse(setting(MODEL)), null);

export const keepModel = (told) => keepSetting(MODEL, JSON.stringify(told));

// JSON lines, for the next round of tuning.
export const feedbackFile = () => new Blob([feedback().map((entry) => `${JSON.stringify(entry)}\n`).join("")], { type: "application/jsonl" });

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const PARTS = "parts";
const PLAIN_DATABASE = "mbegu";
const DATABASE = own ? `${PLAIN_DATABASE} ${own}` : PLAIN_DATABASE;

// Does something with the parts; done only when the browser has written it. Rejected where nothing may be kept or the device is full.
async function inParts(mode, deed, name = DATABASE) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(PARTS);
  const database = await asPromise(opening);
  try {
    const transaction = database.transaction(PARTS, mode);
    const request = deed(transaction.objectStore(PARTS));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    return request?.result;
  } finally {
    database.close();
  }
}

export const part = (hash) => inParts("readonly", (store) => store.get(hash)).catch(() => undefined);

// Whether it was kept.
export const keepPart = (hash, blob) =>
  inParts("readwrite", (store) => store.put(blob, hash)).then(
    () => true,
    () => false,
  );

// Packs in folders once kept under the plain names, all of them. What lies there goes to the pack whose model it is, when that is first opened.
export async function takeOver(hashes) {
  if (DATABASE === PLAIN_DATABASE || setting("language") !== null) return;
  const keys = await inParts("readonly", (store) => store.getAllKeys(), PLAIN_DATABASE).catch(() => []);
  const mine = keys.filter((key) => hashes.includes(key));
  for (const hash of mine) {
    const blob = await inParts("readonly", (store) => store.get(hash), PLAIN_DATABASE).catch(() => undefined);
    if (blob && (await keepPart(hash, blob))) await inParts("readwrite", (store) => store.delete(hash), PLAIN_DATABASE).catch(() => {});
  }
  for (const name of mine.length ? [TURNS, FEEDBACK, "language", "draft", "large"] : []) {
    const held = trying(() => localStorage.getItem(name), null);
    if (held === null) continue;
    keepSetting(name, held);
    trying(() => localStorage.removeItem(name));
  }
}

// Parts of an earlier model go, so that an update does not fill the phone.
export async function keepOnly(hashes) {
  const keys = await inParts("readonly", (store) => store.getAllKeys()).catch(() => []);
  const others = keys.filter((key) => !hashes.includes(key));
  if (others.length) await inParts("readwrite", (store) => void others.forEach((key) => store.delete(key))).catch(() => {});
}
