"""Text of a related language: kept apart, without copies and held-out lines, with its own papers, and hashed with the rest."""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus.conftest import Grown, put
from tests.corpus.material import sentence, stories, story

from mbegu.core.documents import read_documents
from mbegu.core.errors import InputError, SettingsError
from mbegu.core.report import Say
from mbegu.corpus import related
from mbegu.corpus.findings import EXACT, HELD_OUT
from mbegu.corpus.keys import skeleton
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.step_cleaning import fingerprint
from mbegu.corpus.withdrawn import CONTRIBUTOR, Entry, Withdrawn

AMHARIC = {f"{number}.txt": text for number, text in enumerate(stories(30, language="amh").values())}
RELATED = {"related": ("near",), "related_language": "amh_Ethi"}


def test_it_stands_apart_and_changes_nothing_of_the_projects_own_text(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    alone: Grown = grow(stories(100))
    put(project / "near", AMHARIC)
    with_it: Grown = grow({}, **RELATED)
    for name in ("train.parquet", "heldout.parquet"):
        assert (alone.out / name).read_bytes() == (with_it.out / name).read_bytes()
    documents = list(read_documents(with_it.out / "related.parquet"))
    assert len(documents) == 30
    assert {document.language for document in documents} == {"amh_Ethi"}
    facts = with_it.facts.pop("related")
    assert facts["documents"] == 30
    assert facts["bytes"] == sum(len(document.text.encode()) for document in documents)
    assert facts["scripts"] == {"Ethi": 1.0}
    assert with_it.facts == alone.facts | {"terms": with_it.facts["terms"]}
    assert "30 documents" in with_it.said
    assert not (alone.out / "related.parquet").exists()


def test_neither_copies_nor_lines_of_the_heldout_documents_are_in_it(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    own: Grown = grow(stories(100))
    held, learnt = own.heldout[0].text, own.train[0].text
    line = max(own.heldout[1].text.split("\n"), key=len)
    put(project / "near", {**AMHARIC, "held.txt": held, "learnt.txt": learnt, "mixed.txt": f"{story(990)}\n{line}\n{story(991)}"})
    made: Grown = grow({}, **RELATED)
    texts = {document.source: document.text for document in read_documents(made.out / "related.parquet")}
    assert sorted(made.dropped_for(EXACT)) == ["held.txt", "learnt.txt"]
    assert made.dropped_for(HELD_OUT) == ["mixed.txt"]
    assert line not in texts["mixed.txt"]
    assert story(990).strip().split("\n")[0] in texts["mixed.txt"]
    assert len(texts) == 31
    assert made.facts["related"]["dropped"] == {EXACT: 2, HELD_OUT: 1}


def shared_letters(own: Grown, near: list[str]) -> int:
    """Return how many spans of 50 letters of the held-out documents stand in these texts, compared letter by letter."""
    known = {bare[i : i + 50] for bare in map(skeleton, near) for i in range(len(bare) - 49)}
    return sum(bare[i : i + 50] in known for bare in (skeleton(document.text) for document in own.heldout) for i in range(len(bare) - 49))


def joined(text: str) -> str:
    """Three lines in one, after a sentence of another text."""
    lines = text.strip().split("\n")
    return "\n".join(" ".join(lines[i : i + 3]) for i in range(0, len(lines), 3))


def divided(text: str) -> str:
    """A few words a line: no line has 50 letters."""
    words = text.split()
    return "\n".join(" ".join(words[i : i + 5]) for i in range(0, len(words), 5))


def apart(text: str) -> str:
    """Neighbours with other lines of the text between them: where these are taken out, the neighbours come together."""
    lines = text.strip().split("\n")
    return f"àti {lines[0]}\n{lines[4]} {lines[5]}\n{lines[1]} àti"


@pytest.mark.parametrize("written", [joined, divided, apart, skeleton])
def test_heldout_text_that_is_laid_out_otherwise_is_not_in_it_either(grow, project: Path, written: Callable[[str], str]) -> None:  # type: ignore[no-untyped-def]
    own: Grown = grow(stories(100))
    mixed = {f"mixed-{i}.txt": f"{sentence(7000 + i)}\n{written(document.text)}\n{sentence(8000 + i)}" for i, document in enumerate(own.heldout)}
    learnt = {f"learnt-{i}.txt": f"{sentence(9000 + i)}\n{written(document.text)}" for i, document in enumerate(own.train[:20])}
    assert shared_letters(own, list(mixed.values())) > 50
    put(project / "near", {**mixed, **learnt})
    made: Grown = grow({}, **RELATED)
    texts = {document.source: document.text for document in read_documents(made.out / "related.parquet")}
    assert shared_letters(own, list(texts.values())) == 0
    for i in range(len(own.heldout)):
        assert f" {7000 + i}." in texts[f"mixed-{i}.txt"], "what is nobody's own is kept"
        assert f" {8000 + i}." in texts[f"mixed-{i}.txt"]
    assert {texts[name] for name in learnt} == {unicodedata.normalize("NFC", text).strip() for text in learnt.values()}
    assert made.facts["related"]["overlap_share"] == 0.0
    assert made.facts["related"]["dropped"][HELD_OUT] == len(own.heldout)
    assert "0.0 % of the held-out text also stands there" in made.said


def test_of_a_long_line_only_the_sentences_go_that_are_held_out(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    own: Grown = grow(stories(100))
    line = " ".join(own.heldout[0].text.split("\n")[:2])
    others = [sentence(7000 + i) for i in range(6)]
    put(project / "near", {**AMHARIC, "mixed.txt": " ".join([*others[:3], line, *others[3:]])})
    made: Grown = grow({}, **RELATED)
    texts = {document.source: document.text for document in read_documents(made.out / "related.parquet")}
    assert texts["mixed.txt"] == unicodedata.normalize("NFC", " ".join(others))


def test_its_overlap_is_measured_in_what_was_written(grow, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    own: Grown = grow(stories(100))
    put(project / "near", {**AMHARIC, **{f"mixed-{i}.txt": joined(document.text) + sentence(i) for i, document in enumerate(own.heldout)}})
    monkeypatch.setattr(related, "_without_spans", lambda rest, spans: rest)
    made: Grown = grow({}, **RELATED)
    assert made.facts["related"]["overlap_share"] > 0.9
    assert "% of the held-out text also stands in the related text word for word" in "".join(made.facts["warnings"])


def test_its_licences_givers_and_withdrawals_count(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    papers = '[[source]]\nfiles = ["*"]\nlicence = "CC-BY-NC-4.0"\ncontributor = "Maktaba"\n'
    put(project / "near", {**AMHARIC, "sources.toml": papers})
    made: Grown = grow(stories(60), licence="CC0-1.0", **RELATED)
    assert list(made.facts["licences"]) == ["CC0-1.0"]
    assert list(made.facts["related"]["licences"]) == ["CC-BY-NC-4.0"]
    assert list(made.facts["related"]["contributors"]) == ["Maktaba"]
    terms = json.loads((made.out / "terms.json").read_text(encoding="utf-8"))
    assert "CC-BY-NC-4.0" in json.dumps(terms["must_credit"]), "what the mix allows follows from both"
    nothing = Withdrawn.read(project)
    entry = Entry(CONTRIBUTOR, nothing.name_hash(CONTRIBUTOR, "Maktaba"), "2026-01-01", (), True)
    Withdrawn(nothing.salt, (entry,)).write(project)
    with pytest.raises(InputError, match="no text of the related language"):
        grow({}, **RELATED)


def test_a_licence_that_is_described_otherwise_beside_it_is_refused_before_anything_is_read(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    terms = '[[source]]\nfiles = "*.txt"\nlicence = "Kibao Terms"\n\n[[licence]]\nname = "Kibao Terms"\nshare = "yes"\nmodel = "{model}"\n'
    put(project / "near", {**AMHARIC, "sources.toml": terms.format(model="yes")})
    with pytest.raises(SettingsError, match="the licence 'Kibao Terms' is described twice"):
        grow({**stories(60), "sources.toml": terms.format(model="no")}, **RELATED)
    made: Grown = grow({"sources.toml": terms.format(model="yes")}, **RELATED)
    answers = {use["name"]: use["answer"] for use in made.facts["terms"]["uses"]}
    assert answers["publish_model"] == "yes"


def test_the_step_is_done_anew_when_it_changes(project: Path) -> None:
    put(project / "text", stories(20))
    put(project / "near", AMHARIC)
    say = Say(io.StringIO())
    without, before = (fingerprint(CorpusSettings(**given), project, say) for given in ({}, RELATED))
    assert without != before
    put(project / "near", {"0.txt": "ሌላ ጽሑፍ"})
    assert fingerprint(CorpusSettings(**RELATED), project, say) != before
    put(project / "near", AMHARIC)
    assert fingerprint(CorpusSettings(**RELATED), project, say) == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"related": ("near",)}, "does not say of which language"),
        ({"related_language": "zul"}, "no text of it"),
        ({"related": ("near",), "related_language": "zzz"}, "zzz"),
    ],
)
def test_half_of_a_wish_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        CorpusSettings(**given).check_related()  # type: ignore[arg-type]


def test_a_place_that_is_not_there_is_named(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="'near' is not there"):
        grow(stories(60), **RELATED)
