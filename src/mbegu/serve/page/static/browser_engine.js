// The model inside this browser: wllama (llama.cpp as WebAssembly) and a GGUF file in parts, kept on the device once fetched.

import { Failure } from "./failure.js";
import { addressOf, blobOf, inApp, jsonOf } from "./files.js";
import { engineFromDisk } from "./from_disk.js";
import { FEW_TOKENS, followed, likeliest } from "./logprobs.js";
import { search } from "./passages.js";
import { keepModel, keepOnly, keepPart, lastModel, part, takeOver } from "./store.js";
import { bytes, say } from "./words.js";

const SPARE_BYTES = 50e6;
const WHOLE_LETTER = "x";
const FORCING_BIAS = 1e6; // nats; far above any logit
const FEWER = [6, 2]; // likeliest tokens
const TOO_LONG = /(\d+) tokens\) exceeds the available context size \((\d+) tokens/; // what llama.cpp says
const OF_MODEL = ["model", "can_chat", "most_tokens", "parts", "context", "memory_bytes"]; // what the page is told of the model alone

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// llama.cpp's WebAssembly has addresses of 64 bits (Chromium 133, Firefox 134 and later).
const hasWideMemory = () => {
  try {
    return Boolean(new WebAssembly.Memory({ address: "i64", initial: 1n }));
  } catch {
    return false;
  }
};

// Hashes need a secure address (https or this very computer); elsewhere the size alone is checked.
async function isWhole(blob, file) {
  if (blob.size !== file.bytes) return false;
  return !crypto.subtle || hex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())) === file.sha256;
}

async function missingOf(parts) {
  let missing = 0;
  for (const file of parts) if (!(await part(file.sha256))) missing += file.bytes;
  return missing;
}

// The engine for the model that the page names. Until all of that is on this device it is for the one that started last, where that is still here,
// and `newer` is for the other: a page that was made anew takes no model away. What stands beside the page, its label, is of the newer one.
export async function browserEngine(config) {
  if (!inApp) await takeOver(config.parts.map((file) => file.sha256));
  const earlier = inApp ? null : lastModel();
  if (!earlier || !(await missingOf(config.parts)) || (await missingOf(earlier.parts))) return new BrowserEngine(config);
  return new BrowserEngine({ ...config, ...earlier, label: false }, new BrowserEngine(config));
}

class BrowserEngine {
  constructor(config, newer = null) {
    this.config = config;
    this.newer = newer;
    this.isReady = false;
    this.isKept = false; // the model, on this device
  }

  // What stands against running here, as a name in words/*.json with its values; null when nothing does.
  async obstacle() {
    if (typeof WebAssembly !== "object" || !hasWideMemory() || !window.Worker) return new Failure("no_browser");
    const has = (navigator.deviceMemory ?? 0) * 2 ** 30;
    if (has && has < this.config.memory_bytes) return new Failure("too_small", { needed: bytes(this.config.memory_bytes), has: bytes(has) });
    if (inApp) return null;
    const missing = await this.missingBytes();
    const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    if (missing && quota - usage < missing + SPARE_BYTES) return new Failure("no_space", { needed: bytes(missing + SPARE_BYTES), has: bytes(quota - usage) });
    return null;
  }

  async missingBytes() {
    return inApp ? 0 : missingOf(this.config.parts); // in the app it came with the page
  }

  // Starts the engine. An earlier model goes once this one has started.
  async start(onProgress) {
    await this.open(new Blob(await this.collect(onProgress)));
    if (inApp) return;
    if (this.isKept) keepModel(Object.fromEntries(OF_MODEL.map((name) => [name, this.config[name]])));
    if (!this.newer) await keepOnly(this.hashes());
    navigator.storage?.persist?.().catch(() => false); // Firefox asks the person: the model does not wait for that
  }

  hashes() {
    return this.config.parts.map((file) => file.sha256);
  }

  // Returns the parts and fetches what is not here yet, one by one, so that a cut connection costs one part.
  async collect(onProgress) {
    const blobs = [];
    const unkept = [];
    const all = this.config.parts.reduce((sum, file) => sum + file.bytes, 0);
    let done = 0;
    for (const file of this.config.parts) {
      const here = inApp ? await this.readPart(file) : await part(file.sha256);
      const blob = here ?? (await this.fetchPart(file));
      if (!here && !(await keepPart(file.sha256, blob))) unkept.push([file.sha256, blob]);
      blobs.push(blob);
      done += file.bytes;
      onProgress(done, all);
    }
    if (unkept.length) await keepOnly(this.hashes()); // no room beside an earlier model, and all of this one has come
    this.isKept = true;
    for (const [hash, blob] of unkept) this.isKept = (await keepPart(hash, blob)) && this.isKept;
    return blobs;
  }

  async fetchPart(file) {
    let blob;
    try {
      blob = await blobOf(file.name);
    } catch {
      throw new Failure("no_server");
    }
    if (!(await isWhole(blob, file))) throw new Failure("went_wrong", { detail: file.name });
    return blob;
  }

  async readPart(file) {
    const blob = await blobOf(file.name);
    if (!(await isWhole(blob, file))) throw new Failure("damaged", { detail: file.name });
    return blob;
  }

  async open(model) {
    const { Wllama, LoggerWithoutDebug } = await (inApp ? engineFromDisk(globalThis.mbeguEngine) : import("./engine/wllama.js"));
    this.wllama = new Wllama({ default: await addressOf("engine/wllama.wasm") }, { logger: LoggerWithoutDebug, suppressNativeLog: true });
    this.wllama.setCompat(null); // its stand-in for old browsers would be fetched from elsewhere
    await this.wllama.loadModel([model], { n_ctx: this.config.context, n_gpu_layers: 0, jinja: this.config.can_chat, n_threads: 1 });
    this.isReady = true;
  }

  async *write(prompt, options) {
    try {
      yield* this.pieces(prompt, options);
    } catch (error) {
      const [, used, most] = TOO_LONG.exec(error.message) ?? [];
      throw used ? new Failure("too_long", { used, most }) : error;
    }
  }

  async *pieces(prompt, { signal, history = [] }) {
    const { can_chat: canChat, most_tokens: mostTokens } = this.config;
    const common = { max_tokens: mostTokens, stream: true, abortSignal: signal, temperature: 0.8 };
    const stream = canChat
      ? await this.wllama.createChatCompletion({ ...common, messages: [...history, { role: "user", content: prompt }] })
      : await this.wllama.createCompletion({ ...common, prompt });
    for await (const event of stream) {
      const [choice] = event.choices ?? [];
      const piece = canChat ? choice?.delta?.content : choice?.text;
      if (piece) yield piece;
    }
  }

  // The likeliest next tokens: [text, log-probability]. Where the likeliest is but a part of a letter the engine tells none: so a whole one is
  // forced, before which its probabilities are taken. It tells none either where one of those listed can be no text: then fewer are asked for.
  async next(prompt, { signal, most }) {
    const forced = { logit_bias: [[WHOLE_LETTER, FORCING_BIAS]] };
    for (const logprobs of [most, ...FEWER]) {
      const answer = await this.wllama.createCompletion({ prompt, max_tokens: 1, logprobs, temperature: 0, abortSignal: signal, ...forced });
      if (answer) return likeliest(answer);
    }
    return [];
  }

  // As a stream, which holds back the letter that the last token only begins.
  async follow(prompt, { signal }) {
    let text = "";
    let last = {};
    for await (const event of await this.wllama.createCompletion({ prompt, max_tokens: FEW_TOKENS, stream: true, temperature: 0, abortSignal: signal })) {
      last = event;
      text += event.choices?.[0]?.text ?? "";
    }
    return followed({ choices: [{ text, finish_reason: last.choices?.[0]?.finish_reason }] });
  }

  async find(question) {
    this.passages ??= (await jsonOf("passages.json")).passages;
    const [quotation, ...also] = search(this.passages, question);
    if (quotation) return { kind: "quoted", quotation, also };
    return { kind: "nothing found", message: say("not_found"), ask: this.config.person && say("ask_person", { person: this.config.person }) };
  }
}
