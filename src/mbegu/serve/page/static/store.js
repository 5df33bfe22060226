// What stays on this device: what was asked and answered, the feedback, and in the pack the parts of the model.

import { appName } from "./files.js";

const TURNS = "turns";
const FEEDBACK = "feedback";
const MOST_TURNS = 100;

// All files on a disk share one store in some browsers: each app has names of its own.
const named = (name) => (appName ? `${appName} ${name}` : name);

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
}

// JSON lines, for the next round of tuning.
export const feedbackFile = () => new Blob([feedback().map((entry) => `${JSON.stringify(entry)}\n`).join("")], { type: "application/jsonl" });

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const PARTS = "parts";

async function parts(mode) {
  const opening = indexedDB.open("mbegu", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(PARTS);
  const database = await asPromise(opening);
  return database.transaction(PARTS, mode).objectStore(PARTS);
}

export const part = async (hash) => asPromise((await parts("readonly")).get(hash));

export const keepPart = async (hash, blob) => asPromise((await parts("readwrite")).put(blob, hash));

// Parts of an earlier model go, so that an update does not fill the phone.
export async function keepOnly(hashes) {
  const store = await parts("readwrite");
  const keys = await asPromise(store.getAllKeys());
  await Promise.all(keys.filter((key) => !hashes.includes(key)).map((key) => asPromise(store.delete(key))));
}
