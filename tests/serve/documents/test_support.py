from __future__ import annotations

import pytest

from mbegu.serve.documents.support import supported

PASSAGE = "Usimpe mtoto aspirini. Mpe paracetamol 2,5 ml, lakini si zaidi ya mara 4 kwa siku. Ẹ sè omi kí ẹ tó mu ún."


@pytest.mark.parametrize(
    "written",
    [
        "Usimpe mtoto aspirini.",
        "usimpe mtoto ASPIRINI",
        "Mpe paracetamol 2,5 ml, lakini si zaidi ya mara 4 kwa siku.",
        "Ẹ sè omi kí ẹ tó mu ún.",
    ],
)
def test_a_whole_sentence_of_the_passage_is_shown(written: str) -> None:
    found = supported(written, [PASSAGE])
    assert len(found.sentences) == 1
    assert found.left_out == 0
    assert found.text in PASSAGE


@pytest.mark.parametrize(
    "written",
    [
        "Mpe mtoto aspirini.",  # the "do not" is gone
        "mtoto aspirini.",
        "Mpe paracetamol 2,5 ml.",  # the condition is gone
        "Mpe paracetamol 25 ml, lakini si zaidi ya mara 4 kwa siku.",  # another number
        "Mpe paracetamol 2.5 ml, lakini si zaidi ya mara 4 kwa siku.",  # another sign in the number: may be a thousand elsewhere
        "Mpe paracetamol 2,5 ml, lakini si zaidi ya mara 5 kwa siku.",
        "Ẹ se omi ki ẹ to mu un.",  # without its marks it may say something else
        "Usimpe mtoto aspirini kamwe.",
        "Dawa hii ni salama.",
    ],
)
def test_what_the_passage_does_not_hold_is_not_shown(written: str) -> None:
    found = supported(written, [PASSAGE])
    assert found.sentences == ()
    assert found.left_out == 1


def test_each_sentence_is_judged_alone_and_names_its_passage() -> None:
    found = supported("Chemsheni maji. Kunywa sumu. Usimpe mtoto aspirini. Usimpe mtoto aspirini.", [PASSAGE, "Chemsheni maji."])
    assert found.sentences == (("Chemsheni maji.", 1), ("Usimpe mtoto aspirini.", 0))
    assert found.left_out == 1


def test_what_is_far_behind_is_not_looked_at() -> None:
    found = supported("x. " * 5_000 + "Chemsheni maji.", ["Chemsheni maji."])
    assert found.sentences == ()


def test_nothing_written_is_nothing_shown() -> None:
    assert supported("", [PASSAGE]).text == ""
    assert supported("... ?!", [PASSAGE]).left_out == 0
