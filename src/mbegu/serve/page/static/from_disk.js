// The engine in a page that was opened from a disk. Browsers give such a page's workers no modules, and nothing by an address, not even what the
// page itself made: so the engine's worker is a classic one, and llama.cpp's WebAssembly comes to it as a message.

import { blobOf } from "./files.js";

const NAME = "mbegu wasm";

// Runs in the worker before the engine's own program, whose only fetch is that of the WebAssembly.
const FIRST = `const wasmGiven = new Promise((resolve) => {
  self.addEventListener("message", (event) => {
    if (event.data?.verb !== "${NAME}") return;
    event.stopImmediatePropagation();
    resolve(event.data.wasm);
  });
});
self.fetch = async () => new Response(await wasmGiven, { headers: { "Content-Type": "application/wasm" } });
`;

export async function engineFromDisk(makeEngine) {
  const wasm = await blobOf("engine/wllama.wasm");
  class ProgramBlob extends Blob {
    constructor(parts, options) {
      super(options?.type === "text/javascript" ? [FIRST, ...parts] : parts, options);
    }
  }
  class ClassicWorker extends Worker {
    constructor(address) {
      super(address);
      this.postMessage({ verb: NAME, wasm });
    }
  }
  return makeEngine(ClassicWorker, ProgramBlob);
}
