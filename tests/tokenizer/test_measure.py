"""What the tokenizer costs, and the proof that nothing is lost."""

from __future__ import annotations

import pytest
from tests.tokenizer.texts import SENTENCES, TEXTS
from tokenizers import Tokenizer, normalizers

from mbegu.core.documents import Document
from mbegu.core.errors import InputError
from mbegu.tokenizer.measure import Fertility, encode_and_prove, prove_test_strings, read_test_strings
from mbegu.tokenizer.train import train_tokenizer


@pytest.fixture
def tokenizer() -> Tokenizer:
    return train_tokenizer(TEXTS, 600)


def documents(texts: list[str]) -> list[Document]:
    return [Document(f"d{number}", text, "mul", f"ìwé/{number}.txt") for number, text in enumerate(texts)]


def test_every_document_is_proved_and_counted(tokenizer: Tokenizer) -> None:
    fertility = Fertility()
    ids = list(encode_and_prove(tokenizer, documents([*SENTENCES, ""]), fertility))
    table = fertility.as_table()
    assert table["documents"] == len(ids) == 7
    assert table["bytes"] == sum(len(text.encode()) for text in SENTENCES)
    assert table["characters"] == sum(map(len, SENTENCES))
    assert table["words"] == sum(len(text.split()) for text in SENTENCES)
    assert table["tokens"] == sum(map(len, ids))
    assert table["bytes_per_token"] == pytest.approx(table["bytes"] / table["tokens"], abs=1e-6)


def test_nothing_has_no_ratio() -> None:
    assert Fertility().as_table()["bytes_per_token"] is None


def test_a_document_that_is_lost_is_named_with_the_character(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.tokenizer.measure.normalise", lambda _, text: text.replace("ẹ", "e"))
    with pytest.raises(InputError) as caught:
        list(encode_and_prove(tokenizer, documents(["ọmọ", "ilé ẹ̀kọ́"]), Fertility()))
    assert caught.value.one_line() == (
        "the tokenizer does not give this document back: character 5 is 'e' and comes back as 'ẹ' (ìwé/1.txt). Take this document out of the text."
    )


def test_the_strings_hold_at_least_twelve_scripts(tokenizer: Tokenizer) -> None:
    proved = prove_test_strings(tokenizer)
    assert proved["strings"] == len(read_test_strings()) >= 20
    assert {"Latn", "Ethi", "Nkoo", "Arab", "Khmr", "Mymr", "Deva", "Adlm", "Tfng", "Vaii", "Thai", "Hani", "Zsye"} <= set(proved["scripts"])


def test_a_tokenizer_that_drops_marks_is_refused(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    monkeypatch.setattr("mbegu.tokenizer.measure.normalise", lambda _, text: text)
    with pytest.raises(InputError, match="the tokenizer does not give the Latn test string back: character 1 is 'Ẹ' and comes back as 'E'"):
        prove_test_strings(tokenizer)
