from __future__ import annotations

import pytest

from mbegu.serve.documents.sentences import sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kunywa maji. Pumzika!", ["Kunywa maji.", "Pumzika!"]),
        ("ውሃ ይጠጡ። ይረፉ፧", ["ውሃ ይጠጡ።", "ይረፉ፧"]),
        ("اشرب الماء؟ نعم.", ["اشرب الماء؟", "نعم."]),
        ("ផឹកទឹក។សម្រាក។", ["ផឹកទឹក។", "សម្រាក។"]),
        ("Kipimo ni 2.5 ml kwa J. Nyerere.", ["Kipimo ni 2.5 ml kwa J. Nyerere."]),
        ("Alisema “Njoo.” Akaenda.", ["Alisema “Njoo.”", "Akaenda."]),
        ("Kichwa\nMstari wa pili", ["Kichwa", "Mstari wa pili"]),
        ("  \n ", []),
    ],
)
def test_sentences_end_at_the_signs_of_their_script(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_spans_point_into_the_text() -> None:
    text = "Ẹ sè omi.  Ẹ mu ún."
    assert [text[start:end] for start, end in sentence_spans(text)] == ["Ẹ sè omi.", "Ẹ mu ún."]
