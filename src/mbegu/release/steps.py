"""The export step: the Hugging Face folder, the GGUF files, and what each of them scores."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.artifacts import Artifact
from mbegu.core.documents import read_documents
from mbegu.core.errors import DamageError, MissingDependencyError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.core.units import format_bytes
from mbegu.model.llama_cpp import default_threads, open_gguf
from mbegu.model.score import Engine, bits_per_byte, score_documents
from mbegu.release.gguf import About, ModelFolder, read_model_folder, write_gguf
from mbegu.release.quantise import why_not
from mbegu.release.settings import ExportSettings
from mbegu.tokenizer.bpe import encode, open_tokenizer
from mbegu.tokenizer.measure import read_test_strings

MODEL_FOLDER = "model"
HF_FOLDER = "hf"
SCORES_FILE = "scores.json"
LONGEST_NAME = 60  # characters; of three bytes each they still fit a file name
SHOWN_DECIMALS = 6  # beyond them the order of additions on another processor shows
# How far a file may be from the weights before it is said aloud; measured on models of this kind, as shares of bits per byte.
EXPECTED_LOSS = {"F16": 0.002, "Q8_0": 0.005, "Q4_K_M": 0.03}


@dataclass(frozen=True)
class Sample:
    """The held-out documents that every file is measured on, and how many there are in all."""

    texts: list[str]
    of_documents: int
    of_bytes: int

    @property
    def bytes(self) -> int:
        """UTF-8 bytes of the sample."""
        return sum(len(text.encode("utf-8")) for text in self.texts)


def export(settings: ExportSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Write the model in the forms that other programs open, and measure each on the same held-out documents.

    Returns:
        What scores.json holds.

    Raises:
        DamageError: llama.cpp cuts some held-out document or test string into other tokens than the tokenizer does.
    """
    source = inputs["train"].folder / MODEL_FOLDER
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        durable.copy_file(path, out / HF_FOLDER / path.relative_to(source))
    model = read_model_folder(source)
    name = inputs.project.name or inputs.place.root.resolve().name
    about = About(name, _known(inputs.project.licence), (inputs.project.parsed_language().code,))
    sample = choose_sample(inputs["corpus"].path("heldout.parquet"), settings.score_bytes)
    say.note(f"{len(sample.texts):,} of {sample.of_documents:,} held-out documents ({format_bytes(sample.bytes)}) are scored in every form")
    reference = _score_torch(source, sample, say)
    files, left_out = [], []
    for file_format in settings.formats:
        reason = why_not(file_format)
        if reason:
            left_out.append({"format": file_format, "why": reason})
            say.warn(f"{file_format} is left out: {reason}")
            continue
        path = out / f"{safe_name(name)}-{file_format}.gguf"
        files.append(_write_and_score(model, path, file_format, about, sample, reference, say))
    proof = prove_same_tokens(out / files[0]["file"], source, inputs["corpus"], say) if files else {}
    scores = {
        "documents": len(sample.texts),
        "bytes": sample.bytes,
        "of_documents": sample.of_documents,
        "of_bytes": sample.of_bytes,
        "torch_bits_per_byte": reference,
        "files": files,
        "left_out": left_out,
        "same_tokens": proof,
    }
    durable.write_json(out / SCORES_FILE, scores)
    _show(scores, say)
    return scores


def safe_name(name: str) -> str:
    """Return a name that every file system takes: letters, digits and marks of any script, ``.``, ``_`` and ``-``."""
    kept = "".join(each if unicodedata.category(each)[0] in "LNM" or each in "._-" else "-" for each in unicodedata.normalize("NFC", name))
    return re.sub("-{2,}", "-", kept)[:LONGEST_NAME].strip(".-_") or "model"


def choose_sample(path: Path, score_bytes: int) -> Sample:
    """Choose whole documents by the hash of their text until ``score_bytes`` are reached, in the order of the file.

    Args:
        path: a Parquet file of documents.
        score_bytes: how much text; documents longer than this are passed over, unless there are only such: then the
            beginning of the shortest is taken.
    """
    sizes, ranks = [], []
    for index, document in enumerate(read_documents(path)):
        data = document.text.encode("utf-8")
        sizes.append(len(data))
        ranks.append((durable.sha256_bytes(data), index))
    chosen: set[int] = set()
    total = 0
    for _, index in sorted(ranks):
        if total < score_bytes and sizes[index] <= score_bytes:
            chosen.add(index)
            total += sizes[index]
    if not chosen and sizes:
        chosen.add(sizes.index(min(sizes)))
    texts = [document.text for index, document in enumerate(read_documents(path)) if index in chosen]
    if not total and texts:
        texts = [texts[0].encode("utf-8")[:score_bytes].decode("utf-8", "ignore")]
    return Sample(texts, len(sizes), sum(sizes))


def prove_same_tokens(gguf: Path, model_folder: Path, corpus: Artifact, say: Say) -> dict[str, int]:
    """Compare llama.cpp's tokens with the tokenizer's on every held-out document and on the test strings in many scripts.

    Returns:
        How many documents, strings and scripts were compared; empty where llama.cpp cannot be called.

    Raises:
        DamageError: they differ: the model would not do in llama.cpp what it was measured to do.
    """
    tokenizer = open_tokenizer(model_folder)
    strings = read_test_strings()
    try:
        engine = open_gguf(gguf)
    except MissingDependencyError:
        return {}
    documents = 0
    with engine:
        for string in strings:
            _require_same(engine, tokenizer, string.text, f"test string in {string.script}")
        for document in read_documents(corpus.path("heldout.parquet")):
            _require_same(engine, tokenizer, document.text, document.source)
            documents += 1
            say.progress(documents, 0, "documents compared")
    return {"documents": documents, "strings": len(strings), "scripts": len({string.script for string in strings})}


def _require_same(engine: Engine, tokenizer: Any, text: str, where: str) -> None:
    if engine.encode(text) != encode(tokenizer, text):
        fix = "do not give this model away; please report this text to the makers of Mbegu"
        raise DamageError("llama.cpp cuts this text into other tokens than the tokenizer does", where, fix)


def _write_and_score(
    model: ModelFolder, path: Path, file_format: str, about: About, sample: Sample, reference: float | None, say: Say
) -> dict[str, Any]:
    changed = write_gguf(model, path, file_format, about)
    if changed:
        say.note(f"{file_format}: {len(changed)} tensors are stored with more bits, because their rows are no multiple of 256")
    entry: dict[str, Any] = {
        "file": path.name,
        "format": file_format,
        "bytes": path.stat().st_size,
        "stored_otherwise": {each.name: each.stored for each in changed},
    }
    try:
        with open_gguf(path) as engine:
            return {**entry, **_score(engine, sample, reference, file_format, say)}
    except MissingDependencyError as error:
        say.warn(f"{path.name} is not measured: {error.what}")
        return {**entry, "bits_per_byte": None, "tokens": None, "ratio": None, "not_measured": error.what}


def _score(engine: Engine, sample: Sample, reference: float | None, file_format: str, say: Say) -> dict[str, Any]:
    scores = score_documents(engine, sample.texts, say)
    found = bits_per_byte(scores)
    ratio = found / reference if reference else None
    if ratio and abs(ratio - 1) > EXPECTED_LOSS[file_format]:
        usual = 100 * EXPECTED_LOSS[file_format]
        say.warn(f"{file_format} differs from the weights by {100 * (ratio - 1):+.2f} % in bits per byte; up to {usual:g} % is usual")
    return {
        "bits_per_byte": round(found, SHOWN_DECIMALS),
        "tokens": sum(score.tokens for score in scores),
        "ratio": round(ratio, SHOWN_DECIMALS) if ratio else None,
        "engine": "llama.cpp",
    }


def _score_torch(source: Path, sample: Sample, say: Say) -> float | None:
    """Return what the weights themselves score on the sample, in float32; nothing where there is no torch."""
    try:
        from mbegu.model.torch_engine import TorchEngine
    except ModuleNotFoundError:
        say.note("torch is not installed: the files are not compared with the weights")
        return None
    engine = TorchEngine.open(source, default_threads())
    return round(bits_per_byte(engine.score(sample.texts, say)), SHOWN_DECIMALS)


def _known(licence: str) -> str:
    return "" if licence == "unknown" else licence


def _show(scores: dict[str, Any], say: Say) -> None:
    rows: list[Sequence[Any]] = []
    if scores["torch_bits_per_byte"] is not None:
        rows.append(("weights in torch", "", f"{scores['torch_bits_per_byte']:.4f}", ""))
    for entry in scores["files"]:
        found, ratio = entry["bits_per_byte"], entry["ratio"]
        score, change = (f"{found:.4f}" if found is not None else "not measured"), (f"{100 * (ratio - 1):+.2f} %" if ratio else "")
        rows.append((entry["file"], format_bytes(entry["bytes"]), score, change))
    rows += [(f"{entry['format']}: left out", "", entry["why"], "") for entry in scores["left_out"]]
    say.table(("form", "size", "bits per byte", "change"), rows)
