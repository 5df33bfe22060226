// Where the page's files come from: from the address that it was opened under, or, in the app, from the document itself.
// The app is one HTML file. Its files lie after the page as blocks of data, base64 in elements that browsers do not run, so that the page is
// there before the model has been read. A block is taken out of the document as soon as it is whole: the text of only one is in memory.

import { Failure } from "./failure.js";

const SELECTOR = "script[data-file]";
const arrived = new Map();
const awaited = new Map();
let isRead = false;

export const inApp = "app" in document.documentElement.dataset;
export const appName = document.documentElement.dataset.app ?? "";

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

async function blobFrom(text, { type, packed }) {
  const blob = new Blob([bytesOf(text)], { type });
  if (!packed) return blob;
  const unpacked = await new Response(blob.stream().pipeThrough(new DecompressionStream(packed))).blob();
  return new Blob([unpacked], { type });
}

// A block is whole when something stands behind it, or the document is at its end.
function take() {
  for (const element of document.querySelectorAll(SELECTOR)) {
    if (!isRead && !element.nextElementSibling) break;
    const { file, type, packed } = element.dataset;
    const blob = blobFrom(element.textContent, { type, packed });
    blob.catch(() => {}); // whoever asks for the file hears of it
    arrived.set(file, blob);
    awaited.get(file)?.resolve(blob);
    element.remove();
  }
}

function end() {
  isRead = true;
  take();
  for (const [name, { reject }] of awaited) if (!arrived.has(name)) reject(new Failure("damaged", { detail: name }));
}

if (inApp) {
  new MutationObserver(take).observe(document.body, { childList: true });
  document.addEventListener("DOMContentLoaded", end);
  take();
}

function embedded(name) {
  if (arrived.has(name)) return arrived.get(name);
  if (isRead) return Promise.reject(new Failure("damaged", { detail: name }));
  if (!awaited.has(name)) {
    const waiting = {};
    waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject }));
    awaited.set(name, waiting);
  }
  return awaited.get(name).promise;
}

export const blobOf = async (name) => (inApp ? embedded(name) : (await fetch(name)).blob());

export const jsonOf = async (name) => (inApp ? JSON.parse(await (await embedded(name)).text()) : (await fetch(name)).json());

// An address that a link or the engine can open.
export const addressOf = async (name) => (inApp ? URL.createObjectURL(await embedded(name)) : new URL(name, location.href).href);
