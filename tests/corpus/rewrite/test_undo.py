from __future__ import annotations

import random
import unicodedata

import pytest

from mbegu.core.errors import DamageError
from mbegu.corpus.rewrite import Edit, Rewriter, all_rules, edits_from_json, edits_to_json, restore

# Letters, marks, digits and signs of twelve scripts, with what the rules look for mixed in.
SCRIPTS = {
    "Latn": "aeioubdkñɓƙʼ'’ọẹṣ\u0323\u0329\u0301\u0300\u0331 ",
    "Cyrl": "аеорсухдж\u0301 ",
    "Grek": "αεηιυοόέ ",
    "Ethi": "ሐሀኀሠሰዐአፀጸ፡።:, ",
    "Arab": "كتابيىکی\u0640\u064e\u0651ﻛﺘ٠١۲ ",
    "Nkoo": "ߒߞߏߊ߲߫߀߁ ",
    "Khmr": "កខរត\u17d2\u17c1\u17b8\u17b6\u17be\u200b០១ ",
    "Mymr": "ကလမ\u103b\u103c\u103d\u103e\u1031\u1037\u103a\u1040\u102d ",
    "Deva": "कखगि\u093c\u094d१२ ",
    "Adlm": "𞤢𞤣𞤥𞥄𞥐𞥑 ",
    "Hebr": "אבגד\u05b0\u05bc ",
    "Hang": "가나다\u1100\u1161\u11a8 ",
}


def text_of(script: str, seed: int, length: int = 400) -> str:
    chooser = random.Random(f"{script}{seed}")
    mixed = SCRIPTS[script] * 3 + SCRIPTS["Latn"] + "\u00ad\u00a0\u200b"
    return unicodedata.normalize("NFC", "".join(chooser.choice(mixed) for _ in range(length)))


@pytest.mark.parametrize("script", list(SCRIPTS))
@pytest.mark.parametrize("names", [tuple(all_rules()), *((name,) for name in all_rules())], ids=lambda names: names[0] if len(names) == 1 else "all")
def test_any_text_comes_back_exactly(script: str, names: tuple[str, ...]) -> None:
    rewriter = Rewriter(names)
    for seed in range(4):
        text = text_of(script, seed)
        made = rewriter.apply(text)
        kept = edits_to_json(made.edits)
        assert restore(made.text, edits_from_json(kept)) == text
        assert unicodedata.is_normalized("NFC", made.text)


def test_the_record_is_short() -> None:
    edits = (Edit(3, 1, "o\u0329"), Edit(10, 0, "\u00ad"))
    assert edits_to_json(edits) == '[[3,1,"o\u0329"],[6,0,"\u00ad"]]'
    assert edits_from_json(edits_to_json(edits)) == edits


@pytest.mark.parametrize("damaged", ["", "{}", "[[1,2]]", '[[1,"2","x"]]', "[[-1,2,3]]", '[["a"]]'])
def test_a_damaged_record_is_refused(damaged: str) -> None:
    if damaged == "{}":
        assert edits_from_json(damaged) == ()
        return
    with pytest.raises(DamageError, match="not a record of changes"):
        edits_from_json(damaged)


@pytest.mark.parametrize("edits", [[Edit(5, 3, "x")], [Edit(2, 2, "x"), Edit(3, 1, "y")]])
def test_a_record_of_another_text_is_refused(edits: list[Edit]) -> None:
    with pytest.raises(DamageError, match="does not fit the text"):
        restore("abcde", edits)
