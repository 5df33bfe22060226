"""Measures how long the command line takes to answer, each time in a fresh process.

    python bench/startup.py [model.gguf]

Prints a table: `mbegu --help`, and `mbegu complete` on the file given, or on a GGUF of about 10 MB with random weights, made for this.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 10
PROMPT = "Ọjọ́ kan"
HIDDEN, LAYERS, INNER = 256, 12, 704  # as Q8_0 about 10 MB with the tokenizer


def run_once(arguments: list[str]) -> float:
    """Return the wall time of one command in seconds. Raises ``CalledProcessError`` when it fails."""
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-m", "mbegu", *arguments], capture_output=True, check=True)
    return time.perf_counter() - began_s


def measure(arguments: list[str], runs: int = RUNS) -> list[float]:
    """Return the wall times of ``runs`` fresh processes in seconds, fastest first."""
    return sorted(run_once(arguments) for _ in range(runs))


def imports_of(arguments: list[str]) -> list[str]:
    """Return the names of all modules that a command imports, as ``python -X importtime`` lists them."""
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "mbegu", *arguments], capture_output=True, encoding="utf-8", check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return [line.rpartition("|")[2].strip() for line in lines]


def make_gguf(folder: Path) -> Path:
    """Write a Q8_0 model of about 10 MB with random weights and a tokenizer of the built-in sample."""
    import torch

    from mbegu.model.decoder import Decoder, DecoderConfig
    from mbegu.model.folder import save_model
    from mbegu.release.gguf import About, read_model_folder, write_gguf
    from mbegu.samples.builtin import copy_sample
    from mbegu.tokenizer.bpe import save_tokenizer
    from mbegu.tokenizer.train import train_tokenizer

    texts = [path.read_text(encoding="utf-8") for path in copy_sample("yor_Latn", folder / "text")]
    tokenizer = train_tokenizer(iter(texts), 2048, 2)
    save_tokenizer(folder / "tokenizer", tokenizer)
    config = DecoderConfig(
        vocabulary_size=tokenizer.get_vocab_size(),
        hidden_size=HIDDEN,
        layers=LAYERS,
        heads=4,
        kv_heads=2,
        head_size=64,
        inner_size=INNER,
        context=512,
    )
    model = Decoder(config, torch.float32)
    model.initialise(0)
    save_model(folder / "model", config, {name: each.detach() for name, each in model.named_parameters()}, folder / "tokenizer")
    write_gguf(read_model_folder(folder / "model"), folder / "model.gguf", "Q8_0", About("startup", "", ("yor",)))
    return folder / "model.gguf"


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(sys.argv[1]) if len(sys.argv) > 1 else make_gguf(Path(folder))
        megabytes = model.stat().st_size / 1e6
        print(f"{'command':44}  median  fastest  slowest   (of {RUNS} fresh processes, Python {sys.version.split()[0]})")
        commands = {
            "python -c pass": None,
            "mbegu --help": ["--help"],
            f"mbegu complete, {megabytes:.1f} MB GGUF, 16 tokens": ["complete", str(model), PROMPT, "-n", "16"],
        }
        for name, arguments in commands.items():
            times = measure(arguments) if arguments else sorted(_bare() for _ in range(RUNS))
            print(f"{name:44}  {statistics.median(times):5.2f} s  {times[0]:5.2f} s  {times[-1]:5.2f} s")


def _bare() -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began_s


if __name__ == "__main__":
    main()
