"""The same model in every engine: bits per byte of each GGUF file beside torch on all held-out documents, and the logits of transformers.

Usage: python bench/parity.py PROJECT [--bytes 200000]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from mbegu.core.documents import read_documents
from mbegu.core.report import Say, format_table
from mbegu.core.steps import Project
from mbegu.model.llama_cpp import open_gguf
from mbegu.model.score import bits_per_byte
from mbegu.model.torch_engine import TorchEngine
from mbegu.tokenizer.measure import read_test_strings


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--bytes", type=int, default=10**9, help="held-out text to use at most")
    arguments = parser.parse_args()
    place = Project(arguments.project)
    texts, total = [], 0
    for document in read_documents(place.grown / "corpus" / "heldout.parquet"):
        if total < arguments.bytes:
            texts.append(document.text)
            total += len(document.text.encode())
    folder = place.release / "hf"
    engine = TorchEngine.open(folder)
    say = Say()
    reference = bits_per_byte(engine.score(texts, say))
    rows = [["torch, float32", reference, "", ""]]
    strings = [string.text for string in read_test_strings()]
    for path in sorted(place.release.glob("*.gguf")):
        with open_gguf(path) as gguf:
            value = bits_per_byte(gguf.score(texts, say))
            same = sum(gguf.encode(text) == engine.encode(text) for text in [*texts, *strings])
        rows.append([path.name, value, f"{100 * (value / reference - 1):+.3f} %", f"{same} of {len(texts) + len(strings)} texts"])
    print(f"{len(texts)} held-out documents, {total:,} bytes, and {len(strings)} test strings")
    print(format_table(("engine", "bits per byte", "against torch", "same tokens"), rows))
    print(f"largest difference of logits from transformers: {logits_difference(folder, engine, texts[0]):.2e}")


@torch.no_grad()
def logits_difference(folder: Path, engine: TorchEngine, text: str) -> float:
    """Return the largest difference between our logits and those of ``Qwen3ForCausalLM`` on one window."""
    from transformers import AutoModelForCausalLM

    tokens = torch.tensor([[0, *engine.encode(text)][: engine.context]])
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert type(theirs).__name__ == "Qwen3ForCausalLM"
    return float((theirs(tokens).logits - engine.model.logits(tokens)).abs().max())


if __name__ == "__main__":
    main()
