"""The evaluation step: bits per byte of the model and of two models that only count, which is better, and what the model knows by heart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.core.documents import Document, read_documents
from mbegu.core.errors import InputError
from mbegu.core.processors import usable_cores
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.core.units import format_bytes
from mbegu.evaluate.counting import count_bits
from mbegu.evaluate.intervals import FEWEST_DOCUMENTS
from mbegu.evaluate.memorise import measure_memory
from mbegu.evaluate.memory_words import REPEATS, memory_words
from mbegu.evaluate.more_text import counting_curve, more_text, more_text_words
from mbegu.evaluate.results import BETTER, NAMES, WORSE, Costs, as_table, by_group, judge, measure, rounded
from mbegu.evaluate.settings import EvaluateSettings
from mbegu.model.canaries import LEARNT
from mbegu.model.ppmd import ppmd_bits
from mbegu.tokenizer.encode import open_shard

if TYPE_CHECKING:
    from mbegu.model.torch_engine import TorchEngine

RESULTS = "results.json"


def evaluate(settings: EvaluateSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Score the held-out documents with the model and with the baselines.

    Args:
        settings: the [evaluate] table.
        inputs: needs "corpus", "tokenizer" and "train".
        out: receives results.json.
        say: where to speak.

    Returns:
        What results.json holds.

    Raises:
        InputError: there is no held-out text.
    """
    corpus = inputs["corpus"]
    heldout = list(read_documents(corpus.path("heldout.parquet")))
    if not any(document.text for document in heldout):
        raise InputError(
            "there is no held-out text to measure with",
            corpus.folder,
            "add documents to the text folder, or hold out more of them: heldout_share in [corpus]",
        )
    train = [document.text.encode("utf-8") for document in read_documents(corpus.path("train.parquet"))]
    texts = [document.text.encode("utf-8") for document in heldout]
    baselines, counted = _baselines(settings, train, texts, say)
    more = more_text(counting_curve(train, texts, baselines["ppmd"]), settings.resamples)
    engine = _open(settings, inputs)
    model, tokens = _model(engine, heldout, say)
    further = {"memory": _memory(settings, engine, inputs, say), "more_text": more}
    results = write_results(out, [document.source for document in heldout], model, tokens, baselines, counted, further, settings.resamples, say)
    say.note(f"twice the text: {more_text_words(more)}")
    return results


def write_results(
    out: Path,
    sources: list[str],
    model: Costs,
    tokens: int,
    baselines: dict[str, Costs],
    counted: dict[str, Any],
    further: dict[str, Any],
    resamples: int,
    say: Say,
) -> dict[str, Any]:
    """Bring costs into results.json and say them.

    Args:
        out: where results.json goes.
        sources: source of each held-out document.
        model: what each costs the model.
        tokens: how many tokens the model paid for.
        baselines: what each costs the models that only count, by name.
        counted: what to add to each baseline's entry, by name.
        further: other tables of results.json, by name.
        resamples: how many times to draw for an interval.
        say: where to speak.
    """
    verdict = judge(model, baselines, resamples)
    best = baselines[verdict.against].bits_per_byte
    results: dict[str, Any] = {
        "model": {**as_table(model, measure(model, best, resamples)), "tokens": tokens, "engine": "torch", "baseline": rounded(best)},
        "baselines": {name: {**as_table(costs, measure(costs, None, resamples)), **counted.get(name, {})} for name, costs in baselines.items()},
        "verdict": verdict.as_json(),
        "groups": by_group(sources, model, baselines, resamples),
        **further,
    }
    rows = [["this model", results["model"]], *([NAMES[name], table] for name, table in results["baselines"].items())]
    say.table(["", "bits per byte", "95 % interval", "documents"], [[name, t["bits_per_byte"], _bounds(t), t["documents"]] for name, t in rows])
    {BETTER: say.done, WORSE: say.warn}.get(verdict.verdict, say.note)(verdict.words)
    worst = worst_source(results)
    if worst:
        say.note(f"worst source, of those with {FEWEST_DOCUMENTS} documents or more: {worst['name']}, {worst['bits_per_byte']:.3f} bits per byte")
    durable.write_json(out / RESULTS, results)
    return results


def worst_source(results: dict[str, Any]) -> dict[str, Any] | None:
    """Return the source that the model predicts worst of several; ``None`` where even that is predicted better than the whole text.

    Sources of few documents have no score of their own: all of what is worse may lie there.
    """
    groups = results["groups"]
    return groups[0] if len(groups) > 1 and groups[0]["bits_per_byte"] > results["model"]["bits_per_byte"] else None


def _baselines(settings: EvaluateSettings, train: list[bytes], texts: list[bytes], say: Say) -> tuple[dict[str, Costs], dict[str, Any]]:
    sizes = [len(text) for text in texts]
    few = thin(train, settings.ngram_bytes)
    if len(few) < len(train):
        say.note(
            f"the n-gram model counts {len(few):,} of {len(train):,} documents: its memory is limited to {format_bytes(settings.ngram_bytes)} of text"
        )
    bits = count_bits(few, texts, settings.ngram_order)
    say.note(f"n-grams of up to {settings.ngram_order} bytes counted")
    baselines = {"ngram": Costs(bits.tolist(), sizes), "ppmd": Costs(ppmd_bits(train, texts).tolist(), sizes)}
    return baselines, {"ngram": {"order": settings.ngram_order, "train_documents": len(few)}, "ppmd": {"order": 12, "train_documents": len(train)}}


def thin(texts: list[bytes], most_bytes: int) -> list[bytes]:
    """Return evenly spaced texts that together have about ``most_bytes`` at most, or all of them."""
    size = sum(len(text) for text in texts)
    every = -(-size // most_bytes)
    return texts[::every] if every > 1 else texts


def _open(settings: EvaluateSettings, inputs: Inputs) -> TorchEngine:
    from mbegu.model.torch_engine import TorchEngine

    train = inputs["train"]
    trained_with = train.facts.get("threads") if train.facts.get("device", "cpu") == "cpu" else usable_cores()  # a card has threads of its own
    return TorchEngine.open(train.folder / "model", threads=settings.threads or trained_with)


def _model(engine: TorchEngine, heldout: list[Document], say: Say) -> tuple[Costs, int]:
    scores = engine.score([document.text for document in heldout], say=say)
    return Costs([score.bits for score in scores], [score.bytes for score in scores]), sum(score.tokens for score in scores)


def _memory(settings: EvaluateSettings, engine: TorchEngine, inputs: Inputs, say: Say) -> dict[str, Any]:
    folder = inputs["tokenizer"].folder
    learnt = json.loads(inputs["train"].path(LEARNT).read_text(encoding="utf-8"))
    memory = measure_memory(engine, open_shard(folder, "train"), open_shard(folder, "heldout"), learnt, settings.memory_documents, settings.resamples)
    say.note(f"by heart: {memory_words(memory)}")
    if memory["repeats"]:
        say.warn(REPEATS)
    return memory


def _bounds(table: dict[str, Any]) -> str:
    interval = table["interval"]
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else table["interval_reason"]
