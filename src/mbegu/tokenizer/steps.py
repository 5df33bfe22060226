"""The tokenizer step: choose the size, train, encode all documents, prove that every one comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.documents import RELATED, Document, read_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs
from mbegu.core.units import format_bytes, format_count
from mbegu.tokenizer.bpe import save_tokenizer
from mbegu.tokenizer.encode import write_shard
from mbegu.tokenizer.measure import Fertility, encode_and_prove, prove_test_strings
from mbegu.tokenizer.settings import TokenizerSettings
from mbegu.tokenizer.train import choose_vocabulary_size, train_tokenizer

SPLITS = ("train", "heldout")


def grow_tokenizer(settings: TokenizerSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Make the tokenizer and the token shards from the corpus.

    Args:
        settings: the [tokenizer] table.
        inputs: needs "corpus".
        out: receives tokenizer.json, tokenizer_config.json, report.json and the shards of all splits.
        say: where to speak.

    Returns:
        vocabulary_size, bytes_per_token and tokens by split, and what the round trip was proved on.

    Raises:
        InputError: no training text, or a document does not survive the tokenizer.
    """
    corpus = inputs["corpus"]
    train_bytes = sum(len(document.text.encode("utf-8")) for document in read_documents(corpus.path("train.parquet")))
    if not train_bytes:
        raise InputError("there is no text to train a tokenizer on", corpus.folder, "add documents to the text folder")
    wanted = settings.vocabulary_size or choose_vocabulary_size(train_bytes)
    say.note(_reason(settings, wanted, train_bytes))
    texts = (document.text for document in read_documents(corpus.path("train.parquet")))
    tokenizer = train_tokenizer(texts, wanted, settings.min_frequency)
    vocabulary_size = tokenizer.get_vocab_size()
    if vocabulary_size < wanted:
        say.note(f"{format_count(vocabulary_size)} tokens: the text holds no more pairs that occur {settings.min_frequency} times")
    save_tokenizer(out, tokenizer)

    measured = {}
    splits = [*SPLITS, *([RELATED] if RELATED in corpus.facts else [])]
    for split in splits:
        documents = _with_progress(read_documents(corpus.path(f"{split}.parquet")), say)
        measured[split] = Fertility()
        write_shard(out, split, encode_and_prove(tokenizer, documents, measured[split]), vocabulary_size)
    tables = {split: measured[split].as_table() for split in splits}
    proved = prove_test_strings(tokenizer)
    say.done(_summary(vocabulary_size, tables, proved))
    durable.write_json(out / "report.json", {"vocabulary_size": vocabulary_size, "wanted": wanted, "splits": tables, "test_strings": proved})
    return {
        "vocabulary_size": vocabulary_size,
        "bytes_per_token": {split: table["bytes_per_token"] for split, table in tables.items()},
        "tokens": {split: table["tokens"] + table["documents"] for split, table in tables.items()},  # with end-of-text tokens
        "round_trip": {
            "documents": sum(table["documents"] for table in tables.values()),
            "strings": proved["strings"],
            "scripts": len(proved["scripts"]),
        },
    }


def _reason(settings: TokenizerSettings, wanted: int, train_bytes: int) -> str:
    if settings.vocabulary_size:
        return f"vocabulary: {format_count(wanted)} tokens, as the recipe says"
    return f"vocabulary: {format_count(wanted)} tokens for {format_bytes(train_bytes)} of text (3 for each square root of a byte, 512 to 16,384)"


def _summary(vocabulary_size: int, tables: dict[str, dict[str, Any]], proved: dict[str, Any]) -> str:
    documents = format_count(sum(table["documents"] for table in tables.values()))
    return (
        f"{format_count(vocabulary_size)} tokens, {tables['train']['bytes_per_token']:.2f} bytes a token; "
        f"all {documents} documents and {proved['strings']} test strings in {len(proved['scripts'])} scripts come back unchanged"
    )


def _with_progress(documents: Iterator[Document], say: Say) -> Iterator[Document]:
    for count, document in enumerate(documents, start=1):
        yield document
        say.progress(count, 0, "documents encoded")
