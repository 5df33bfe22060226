from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.core.errors import InputError, SettingsError
from mbegu.serve.documents import danger as module
from mbegu.serve.documents.danger import Danger, instruction, read_danger
from mbegu.serve.documents.keys import letters

GOOD = """
person = "Bi Amina, 0700 000 000"

[[danger]]
name = "snake bite"
words = ["nyoka ameniuma", "nyoka * uma*", "ejò bù", "ejò ṣán"]
[danger.instructions]
swa = "Nenda zahanati sasa hivi."
yor = "Lọ sí ilé ìwòsàn báyìí."

[[danger]]
name = "poison"
words = ["*sumu", "መርዝ", "سمّ", "ពុល", "ߓߐߣߊ߲߫"]
[danger.instructions]
amh = "አሁኑኑ ወደ ጤና ጣቢያ ይሂዱ።"
"""


def danger(tmp_path: Path, text: str = GOOD) -> Danger:
    path = tmp_path / "danger.toml"
    path.write_text(text, encoding="utf-8")
    return read_danger(path)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Nyoka ameniuma mguuni!", "snake bite"),
        ("NYOKA, AMENIUMA", "snake bite"),
        ("nyoka mkubwa mweusi sana aliniuma", None),
        ("nyoka mkubwa umaumivu", "snake bite"),
        ("nyoka a b c d e uma", "snake bite"),
        ("nyoka a b c d e f uma", None),
        ("Ejò bù mí ṣán", "snake bite"),
        ("ejo bu mi", "snake bite"),
        ("ejo san mi", "snake bite"),
        ("èjó bù mí", None),
        ("ejò", None),
        ("amekunywa dawasumu", "poison"),
        ("sumuni", None),
        ("ልጁ መርዝ ጠጣ", "poison"),
        ("شرب سم", "poison"),
        ("شرب سُمّ", "poison"),
        ("ejò bu", "snake bite"),
        ("ejó bu", None),
        ("កុមារពុលអាហារ", "poison"),
        ("ߓߐߣߊ߲", "poison"),
        ("", None),
        ("habari ya asubuhi", None),
    ],
)
def test_words_are_met_with_their_marks_or_without_any(tmp_path: Path, question: str, name: str | None) -> None:
    rule = danger(tmp_path).find(question)
    assert (rule.name if rule else None) == name


def test_the_instruction_is_in_the_language_asked_or_the_first_one_written(tmp_path: Path) -> None:
    rules = danger(tmp_path).rules
    assert instruction(rules[0], "yor") == ("Lọ sí ilé ìwòsàn báyìí.", "yor")
    assert instruction(rules[0], "hau") == ("Nenda zahanati sasa hivi.", "swa")
    assert danger(tmp_path).person == "Bi Amina, 0700 000 000"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    assert danger(tmp_path, "\ufeff" + GOOD) == danger(tmp_path)


def test_a_long_question_is_taken_apart_once_not_for_every_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken_apart: list[str] = []
    monkeypatch.setattr(module, "letters", lambda word: taken_apart.append(word) or letters(word))
    rules = danger(tmp_path)
    assert rules.find("a b " * 500) is None
    assert len(taken_apart) <= 1_000 + sum(len(pattern) for rule in rules.rules for pattern in rule.patterns)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = """
persn = "x"
[[danger]]
name = "a"
words = ["*", "a*b c"]
[danger.instructions]
swahili = ""
[[danger]]
name = "a"
wrds = ["x"]
[[danger]]
words = ["e"]
instructions = {swa = "Nenda"}
"""
    with pytest.raises(SettingsError) as caught:
        danger(tmp_path, text)
    said = caught.value.one_line()
    for part in (
        "there is no key 'persn' (did you mean 'person'?)",
        "danger 1 ('a'): '*' holds no word",
        "in 'a*b c' a * stands inside a word",
        "'swahili' is not a language code of three letters",
        "the instruction in 'swahili' is empty",
        "danger 2 ('a'): there is no key 'wrds' (did you mean 'words'?)",
        "danger 2 ('a') needs words",
        "danger 2 ('a') needs [danger.instructions]",
        "danger 3 needs a name",
        "'e' is a single letter",
        "two dangers are called 'a'",
        "nothing starts while a danger might be missed",
    ):
        assert part.lower() in said.lower(), part


@pytest.mark.parametrize("text", ["danger = 3", "[danger]\nname = 'x'", "person = 3", "[[danger]]\nname = 'x'\nwords = 'y'", "danger = ['x']"])
def test_another_shape_is_told_and_never_a_defect(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        danger(tmp_path, text)


def test_what_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not a TOML file in UTF-8"):
        danger(tmp_path, "[[danger")
    (tmp_path / "x.toml").write_bytes(b'person = "\xff"')
    with pytest.raises(SettingsError, match="not a TOML file in UTF-8"):
        read_danger(tmp_path / "x.toml")
    with pytest.raises(InputError):
        read_danger(tmp_path / "none.toml")


def test_a_hostile_question_takes_no_time(tmp_path: Path) -> None:
    import time

    rules = danger(tmp_path, GOOD.replace('"nyoka * uma*"', '"nyoka * nyoka * nyoka * uma"'))
    began = time.process_time()
    assert rules.find("nyoka " * 330) is None
    assert time.process_time() - began < 2
