"""A pack for tests: a tiny model, and in place of llama.cpp a small engine that writes what it is told to."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.tiny_model import make_model_folder

from mbegu.core import artifacts, durable
from mbegu.release.gguf import About, read_model_folder, write_gguf
from mbegu.release.publish import write_checksums
from mbegu.serve.pack import browser_llama

# Writes the prompt backwards, a letter at a time; of a prompt that begins with "say:" it writes the rest. Of next tokens it knows those in NEXT,
# and tells them when a whole letter is forced and few are wanted; a word that was begun goes on as in REST. Asked in a conversation it tells how
# many messages there were; more letters in them than MOST are refused with llama.cpp's words.
ENGINE = """
const NEXT = { " ilé": -0.5, " ọm": -1, " omi": -2, "!": -0.1, " ojú": -3 };
const REST = { " ọm": "ọ́ náà", " ilé": " wa", " omi": ".", " ojú": " ọ̀nà" };
const MOST = 100;
export const LoggerWithoutDebug = {};
export class Wllama {
  constructor(paths) { this.paths = paths; }
  setCompat(compat) { if (compat !== null) throw new Error("would fetch from elsewhere"); }
  async loadModel([blob]) {
    const head = new TextDecoder().decode(await blob.slice(0, 4).arrayBuffer());
    if (head !== "GGUF") throw new Error(`not a model: ${head}`);
  }
  async createChatCompletion({ messages }) {
    const letters = [...messages.map((each) => each.content).join("")].length;
    return (async function* () {
      if (letters > MOST) throw new Error(`request (${letters} tokens) exceeds the available context size (${MOST} tokens), try increasing it`);
      yield { choices: [{ delta: { content: `${messages.length} messages` } }] };
    })();
  }
  async createCompletion({ prompt, abortSignal, temperature, logit_bias: bias, logprobs }) {
    const listed = Object.entries(NEXT).map(([token, logprob]) => ({ token, logprob }));
    if (logprobs && (!bias || logprobs > 6)) return null; // as when the likeliest token is half a letter
    if (logprobs) return { choices: [{ text: "", logprobs: { content: [{ top_logprobs: listed }] } }] };
    const begun = temperature === 0 && (REST[Object.keys(REST).find((each) => prompt.endsWith(each))] ?? "");
    const text = begun !== false ? begun : prompt.startsWith("say:") ? prompt.slice(4) : [...prompt].reverse().join("");
    const again = prompt === "on and on" ? 10000 : 1;
    return (async function* () {
      for (let round = 0; round < again; round += 1) {
        for (const letter of text) {
          if (abortSignal.aborted) throw new DOMException("stopped", "AbortError");
          await new Promise((resolve) => setTimeout(resolve, again > 1 ? 5 : 0));
          yield { choices: [{ text: letter }] };
        }
      }
    })();
  }
}
"""


def make_engine(path: Path, monkeypatch: pytest.MonkeyPatch, engine: str = ENGINE) -> Path:
    """Write a package of the engine's form and have it taken for the pinned one."""
    contents = {"package/esm/index.min.js": engine.encode(), "package/esm/wasm/wllama.wasm": b"\0asm", "package/LICENCE": b"MIT",
                "package/../../outside": b"never written"}  # fmt: skip
    with tarfile.open(path, "w:gz") as archive:
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    monkeypatch.setattr(browser_llama, "SHA256", durable.sha256_file(path))
    return path


def make_release(folder: Path, forms: tuple[str, ...] = ("F16", "Q8_0"), bits: tuple[float, ...] = (1.5, 1.501), template: str = "") -> Path:
    """Write a release with a tiny model in some forms and a label that says what each needs; with a template the model converses."""
    model = make_model_folder(folder.parent / "model")
    if template:
        (model / "chat_template.jinja").write_text(template, encoding="utf-8")
    folder.mkdir()
    for form in forms:
        write_gguf(read_model_folder(model), folder / f"ìwé-{form}.gguf", form, About("Ìwé kékeré", "CC0-1.0", ("yor",), ""))
    label = {"forms": [{"form": form, "bits_per_byte": each} for form, each in zip(forms, bits, strict=True)]}
    (folder / "label.json").write_text(json.dumps(label), encoding="utf-8")
    (folder / "label.html").write_text("<!doctype html><title>Label</title><h1>The label</h1>", encoding="utf-8")
    seal_release(folder)
    return folder


def seal_release(folder: Path) -> None:
    """Write checksums and manifest of a release for the files as they are: what anybody can do."""
    write_checksums(folder)
    artifacts.seal(folder, kind="release", version=1, key="", parents={}, facts={})


@contextmanager
def served(folder: Path) -> Iterator[Any]:
    """Serve a folder on this computer; ``.address`` is where, ``.stop()`` ends it early."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, directory=str(folder), **settings)

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            # By this header times are compared to the second, and a test makes a pack anew within one: the file would pass as unchanged.
            del self.headers["If-Modified-Since"]
            super().do_GET()

    class Server(ThreadingHTTPServer):
        address = ""
        is_open = True

        def stop(self) -> None:
            if self.is_open:
                self.is_open = False
                self.shutdown()
                self.server_close()

    server = Server(("127.0.0.1", 0), Handler)
    server.address = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.stop()
