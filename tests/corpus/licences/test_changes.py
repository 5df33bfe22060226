"""What was changed in the texts stands in the credits: rules of spelling, placeholders; in the step, in a cleaned folder, in a project."""

from __future__ import annotations

import json
from pathlib import Path

from tests.corpus.conftest import put
from tests.corpus.material import stories, story
from tests.end_to_end.project import CommandLine

from mbegu.core.documents import Document
from mbegu.corpus.licences import attribution, credits_of
from mbegu.corpus.licences.changes import Changes, changes_in

FACTS = {"settings": {"rules": ["soft-hyphens", "C:/home/ada/our_font.toml"]}, "private": {"PHONE": 2}}
SAID = "Words were rewritten by rules of spelling: soft-hyphens, our_font.toml. Private items were replaced by placeholders."


def cleaned(folder: Path, facts: object) -> Path:
    put(folder, {"kept.parquet": b"PAR1", "clean.json": json.dumps(facts)})
    return folder


PRIVATE = "Private items were replaced by placeholders."


def test_what_a_cleaned_folder_tells_alone_or_below_a_folder_of_text(tmp_path: Path) -> None:
    folder = cleaned(tmp_path / "text" / "old", FACTS)
    for roots in ([folder], [folder / "kept.parquet"], [tmp_path / "text"], [tmp_path / "nothing", folder, folder]):
        assert changes_in(roots).text() == f"The texts were put into one form and cut. {SAID}"
    cleaned(tmp_path / "other", {"settings": {"rules": ["digits-ascii"]}, "private": {}})
    assert changes_in([tmp_path / "other"]) == Changes(("digits-ascii",), private=False)


def test_nothing_is_said_of_what_nobody_knows(tmp_path: Path) -> None:
    put(tmp_path / "text", {**stories(2), "clean.json": json.dumps(FACTS)})
    damaged = [cleaned(tmp_path / str(number), facts) for number, facts in enumerate(([], {"settings": 3}, {"settings": {"rules": "a"}}))]
    put(cleaned(tmp_path / "cut", {}), {"clean.json": "{"})
    assert changes_in([tmp_path / "text", tmp_path / "text" / "story-0001.txt", *damaged, tmp_path / "cut"]) == Changes()
    assert attribution([]) == "Text that this was made of\n\nThe texts were put into one form and cut.\n\n"


def test_the_credits_say_it_in_both_forms() -> None:
    found = credits_of([Document("1", "ọ̀rọ̀", "yor", "a.txt", "CC-BY-4.0", "Ada")])
    changes = Changes(("our_font.toml",), private=True)
    assert "rules of spelling: our_font.toml. Private items were replaced by placeholders." in attribution(found, changes=changes)
    assert r"rules of spelling: our\_font.toml." in attribution(found, markdown=True, changes=changes)


def test_the_step_passes_it_on(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    texts = {**stories(40), "pe.txt": f"{story(200)}\nẸ pe 0803 123 4567 lónìí, ẹ jọ̀wọ́.\n"}
    plain, made = grow(texts), grow({}, clean=True, rules=("soft-hyphens",), regions=("NG",))
    said = [json.loads((each.out / "terms.json").read_bytes())["credits"]["plain"].split("\n")[2] for each in (plain, made)]
    assert said == [
        "The texts were put into one form and cut.",
        "The texts were put into one form and cut. Words were rewritten by rules of spelling: soft-hyphens. " + PRIVATE,
    ]


def test_the_command_says_it_of_a_cleaned_folder_and_of_a_project_that_reads_it(tmp_path: Path, mbegu: CommandLine) -> None:
    put(tmp_path / "text", stories(40))
    assert mbegu("corpus", "clean", tmp_path / "text", "--out", tmp_path / "radio" / "text", "--rules", "soft-hyphens", "--language", "yor").code == 0
    assert "rules of spelling: soft-hyphens." in mbegu("corpus", "licences", tmp_path / "radio" / "text").out
    put(tmp_path / "radio", {"mbegu.toml": '[project]\nlanguage = "yor"\n'})
    assert mbegu("corpus", tmp_path / "radio").code == 0
    assert "rules of spelling: soft-hyphens." in mbegu("corpus", "licences", tmp_path / "radio").out
    assert "rules of spelling" not in mbegu("corpus", "licences", tmp_path / "text").out
