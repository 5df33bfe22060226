// The model on the computer that serves this page, through its OpenAI-compatible API.

import { Failure } from "./failure.js";
import { FEW_TOKENS, followed, likeliest } from "./logprobs.js";

const WAIT_S = 5;

// A paired device is known by its cookie.
const HEADERS = { "Content-Type": "application/json" };

export async function post(path, body, signal, onWait = () => {}) {
  for (;;) {
    let response;
    try {
      response = await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body), signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure("no_server");
    }
    if (response.ok) return response;
    if (response.status !== 429 && response.status !== 503) throw await failureOf(response);
    const seconds = Number(response.headers.get("Retry-After")) || WAIT_S;
    onWait(seconds);
    await pause(seconds * 1000, signal);
  }
}

const pause = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    });
  });

async function failureOf(response) {
  const { error = {} } = await response.json().catch(() => ({}));
  if (response.status === 401) return new Failure("pairing_code");
  if (error.code === "context_length_exceeded") {
    const [most, used] = String(error.message).match(/\d[\d,]*/g) ?? ["?", "?"];
    return new Failure("too_long", { used, most });
  }
  return new Failure("went_wrong", { detail: error.message ?? `${response.status}` });
}

// Server-sent events of OpenAI's shape: `data: {json}` lines, at the end `data: [DONE]`.
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const lines = held.split("\n");
    held = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.error) throw new Failure("went_wrong", { detail: event.error.message });
      yield event;
    }
  }
}

export class ServerEngine {
  constructor(config) {
    this.config = config;
    this.isReady = true;
  }

  async start() {}

  async *write(prompt, { signal, onWait, history = [] }) {
    const { model, can_chat: canChat, most_tokens: mostTokens } = this.config;
    // As long as the server's own bound and the context allow; what went before must leave room for all of that.
    const common = { model, stream: true, ...(history.length ? { max_tokens: mostTokens } : {}) };
    const [path, body] = canChat
      ? ["v1/chat/completions", { ...common, messages: [...history, { role: "user", content: prompt }] }]
      : ["v1/completions", { ...common, prompt }];
    const response = await post(path, body, signal, onWait);
    for await (const event of events(response)) {
      const [choice] = event.choices ?? [];
      const piece = canChat ? choice?.delta?.content : choice?.text;
      if (piece) yield piece;
    }
  }

  // Suggestions do not wait in the queue: whoever asks comes first.
  async complete(body, signal) {
    const giveUp = () => {
      throw new Failure("busy");
    };
    return (await post("v1/completions", { model: this.config.model, temperature: 0, ...body }, signal, giveUp)).json();
  }

  // The likeliest next tokens: [text, log-probability].
  async next(prompt, { signal, most }) {
    return likeliest(await this.complete({ prompt, max_tokens: 1, logprobs: most }, signal));
  }

  async follow(prompt, { signal }) {
    return followed(await this.complete({ prompt, max_tokens: FEW_TOKENS }, signal));
  }

  async find(question, { signal, onWait, language }) {
    return (await post("answers", { question, language }, signal, onWait)).json();
  }

  async pair(code) {
    const response = await fetch("pair", { method: "POST", headers: HEADERS, body: JSON.stringify({ code, name: navigator.userAgent.slice(0, 60) }) });
    if (!response.ok) throw new Failure("pairing_wrong");
  }
}
