"""The whole step: what it makes of sound text, and what it says of bad input."""

from __future__ import annotations

import operator
import random
import shutil
import unicodedata
from pathlib import Path

import pytest
from tests.corpus.conftest import Grown, put
from tests.corpus.material import BILLION_LAUGHS, WORDS, docx, epub, odt, pdf, sentence, stories, story, zipped

from mbegu.core.errors import InputError
from mbegu.corpus import files
from mbegu.corpus.findings import (
    BINARY,
    BOMB,
    DAMAGED,
    EMPTY,
    EXACT,
    NEAR,
    NO_COLUMN,
    NO_LETTERS,
    NO_PERMISSION,
    PROTECTED,
    TOO_SHORT,
    UNDECODABLE,
    UNSUPPORTED,
    VANISHED,
)
from mbegu.corpus.keys import skeleton

OUTPUTS = ["dropped.parquet", "heldout.parquet", "report.json", "terms.json", "train.parquet"]


def test_stories_become_train_and_heldout_documents_with_a_report(grow) -> None:  # type: ignore[no-untyped-def]
    made: Grown = grow(stories(200), licence="CC-BY-4.0", contributor="Ẹgbẹ́ Òǹkọ̀wé")
    assert sorted(path.name for path in made.out.iterdir()) == OUTPUTS
    assert sorted(made.texts) == sorted(unicodedata.normalize("NFC", text).strip() for text in stories(200).values())
    facts = made.facts
    assert facts["documents"] == facts["train_documents"] + facts["heldout_documents"] == 200
    assert facts["heldout_documents"] == len(made.heldout) > 0
    assert facts["train_bytes"] + facts["heldout_bytes"] == facts["bytes"] == sum(len(text.encode()) for text in made.texts)
    assert 0.08 <= facts["heldout_bytes"] / facts["bytes"] <= 0.12
    assert facts["scripts"] == {"Latn": 1.0}
    assert facts["licences"] == {"CC-BY-4.0": {"documents": 200, "bytes": facts["bytes"]}}
    assert list(facts["contributors"]) == ["Ẹgbẹ́ Òǹkọ̀wé"]
    assert facts["overlap_share"] == facts["heldout_lines_in_train_share"] == 0.0
    assert {document.language for document in made.train} == {"yor_Latn"}
    assert "kB of text: enough to try every step, too little for a model that writes well" in made.said
    assert made.report["dropped"] == {}


def test_the_same_files_give_the_same_bytes(grow) -> None:  # type: ignore[no-untyped-def]
    one, other = grow(stories(60)), grow({})
    assert one.facts == other.facts
    for name in OUTPUTS:
        assert (one.out / name).read_bytes() == (other.out / name).read_bytes(), name


@pytest.mark.parametrize(
    ("language", "tag", "script"), [("amh", "amh_Ethi", "Ethi"), ("nqo", "nqo", "Nkoo"), ("ara", "pes_Arab", "Arab"), ("khm", "khm", "Khmr")]
)
def test_every_script_comes_through(grow, language: str, tag: str, script: str) -> None:  # type: ignore[no-untyped-def]
    made = grow(stories(40, language=language), tag)
    assert sorted(made.texts) == sorted(unicodedata.normalize("NFC", text).strip() for text in stories(40, language=language).values())
    assert made.facts["scripts"] == {script: 1.0}


def test_every_format_is_read(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow(
        {
            **stories(20),
            "a.md": "# Àkọlé\n" + story(100),
            "b.jsonl": f'{{"text": "{sentence(101)}"}}\n',
            "c.csv": f'n,text\n1,"{story(102)}"\n',
            "d.tsv": f"n\ttext\n1\t{sentence(103)}\n",
            "e.html": f"<p>{sentence(104)}</p>",
            "f.docx": docx([sentence(105)]),
            "g.odt": odt(f"<text:p>{sentence(106)}</text:p>"),
            "h.epub": epub({"x.xhtml": f"<p>{sentence(107)}</p>"}, ["x.xhtml"]),
            "i.pdf": pdf("Habari ya asubuhi rafiki yangu mpendwa sana"),
            "j.zip": zipped({"in/k.txt": story(108), "l.docx": docx([sentence(109)])}),
        }
    )
    sources = {document.source for document in [*made.train, *made.heldout]}
    assert {"a.md", "b.jsonl#1", "c.csv#10", "d.tsv#2", "e.html", "f.docx", "g.odt", "h.epub", "i.pdf", "j.zip/in/k.txt", "j.zip/l.docx"} <= sources
    assert made.report["formats"]["docx"] == 2


def test_a_large_file_of_sentences_is_divided_by_blocks_of_lines(grow) -> None:  # type: ignore[no-untyped-def]
    lines = [sentence(i) for i in range(4000)]
    made = grow({"all.txt": "\n".join(lines) + "\n"})
    assert made.facts["documents"] > 50
    assert sorted(line for text in made.texts for line in text.split("\n")) == sorted(unicodedata.normalize("NFC", line) for line in lines)
    assert 0.04 < made.facts["heldout_bytes"] / made.facts["bytes"] < 0.3
    assert made.facts["overlap_share"] < 0.01
    assert "1 large texts were cut into" in made.said


def test_copies_are_removed_and_what_is_alike_stays_on_one_side(grow) -> None:  # type: ignore[no-untyped-def]
    texts = stories(100)
    near = {f"near-{i:03}.txt": story(i, sentences=8).replace("ilé", "ọjà", 1) + "Ó parí.\n" for i in range(10)}
    half = {f"half-{i:03}.txt": "\n".join(story(i).split("\n")[:6] + story(i + 500).split("\n")[:2]) for i in range(20, 60)}
    exact = {f"zexact-{i:03}.txt": story(i).upper() for i in range(10, 20)}
    made = grow({**texts, **near, **half, **exact})
    assert made.facts["dropped"][EXACT] == 10
    assert made.facts["dropped"][NEAR] == 10
    sides = {document.source: side for side, group in (("train", made.train), ("heldout", made.heldout)) for document in group}
    assert all(sides[f"half-{i:03}.txt"] == sides[f"story-{i:04}.txt"] for i in range(20, 60))
    assert any("same as" in row["detail"] for row in made.dropped)
    assert any("% like near-" in row["detail"] for row in made.dropped)


def test_a_text_typed_again_without_tone_marks_is_not_held_out(grow) -> None:  # type: ignore[no-untyped-def]
    bare = {f"bare-{i}.txt": "".join(c for c in unicodedata.normalize("NFD", story(i)) if not unicodedata.combining(c)) for i in range(100)}
    made = grow({**stories(200), **bare})
    assert made.facts["documents"] == 300
    assert made.facts["overlap_share"] < 0.01


def held_texts(made: Grown) -> list[str]:
    return sorted(document.text for document in made.heldout)


@pytest.mark.parametrize("name", ["x-{0}.txt", "{1}/b.txt", "{1}.txt"])
def test_what_is_held_out_hangs_on_the_texts_and_the_seed_and_on_no_name(grow, project: Path, name: str) -> None:  # type: ignore[no-untyped-def]
    one: Grown = grow(stories(40))
    other_seed: Grown = grow({}, seed=2)
    shutil.rmtree(project / "text")
    other: Grown = grow({name.format(i, 99 - i): text for i, text in enumerate(stories(40).values())})
    assert held_texts(one) == held_texts(other)
    assert held_texts(one) != held_texts(other_seed)


def shares_in_train(made: Grown) -> list[float]:
    """Return which share of each held-out document stands in train, comparing letter by letter."""
    known = {bare[i : i + 50] for bare in (skeleton(document.text) for document in made.train) for i in range(len(bare) - 49)}
    spans = [[bare[i : i + 50] in known for i in range(len(bare) - 49)] for bare in (skeleton(document.text) for document in made.heldout)]
    return [sum(own) / max(1, len(own)) for own in spans]


def test_no_short_document_that_stands_in_train_is_held_out(grow) -> None:  # type: ignore[no-untyped-def]
    """Lines of some 30 to 70 letters, of which a sample of one span in eight often knows nothing; a third stand in longer ones too."""
    lines = [sentence(i, words=9 + i % 12) for i in range(600)]
    longer = [f"{sentence(1000 + i, words=14)[:-1]} {lines[i][:-1]} {sentence(2000 + i, words=14)}" for i in range(200)]
    made: Grown = grow({"all.txt": "\n".join([*lines, *longer])}, document="line", repeated_lines=False)
    assert made.facts["heldout_passed_over"] > 5
    assert max(shares_in_train(made)) <= 0.2
    assert not any(skeleton(held.text) in skeleton(learnt.text) for held in made.heldout for learnt in made.train)


def test_a_little_overlap_of_short_documents_is_said_as_it_is(grow) -> None:  # type: ignore[no-untyped-def]
    """Each document shares a few spans with the next."""
    tails = [sentence(i, words=18) for i in range(300)]
    texts = [f"{tails[i - 1]} {' '.join(sentence(5000 + 9 * i + k)[:-1] for k in range(5))} {tails[i]}" for i in range(300)]
    made: Grown = grow({"all.txt": "\n".join(texts)}, document="line", repeated_lines=False)
    sizes = [len(document.text.encode()) for document in made.heldout]
    exact = sum(map(operator.mul, shares_in_train(made), sizes)) / sum(sizes)
    assert made.facts["overlap_share"] == pytest.approx(exact, abs=1e-6)
    assert 0.001 < exact < 0.1


def test_the_files_that_are_counted_are_those_that_gave_text(grow) -> None:  # type: ignore[no-untyped-def]
    papers = {"sources.toml": '[[source]]\nfiles = "**"\nlicence = "CC0-1.0"\n', "README.md": "Whose this is.", "empty.txt": "", "bad.docx": b"x"}
    made: Grown = grow({**stories(30), **papers, "z.zip": zipped({"a.txt": story(50), "b.txt": story(51)})})
    assert made.facts["files_seen"] == made.report["files_seen"] == 32
    assert "from 32 files" in made.said


def test_when_everything_is_told_twice_the_overlap_is_said(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow({f"{i}.txt": story(i, sentences=6) + story((i + 1) % 60, sentences=6) for i in range(60)}, same_side=0.9)
    assert made.facts["overlap_share"] > 0.8
    assert "of the held-out text also stands in the training text word for word" in made.said


def test_the_script_of_the_recipe_is_compared_with_the_text(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow(stories(40, language="ara"), "yor_Latn")
    assert "the recipe says script Latn, but 100 % of the letters are Arab" in made.said


def test_decomposed_text_is_composed_and_counted(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow({name: unicodedata.normalize("NFD", text) for name, text in stories(30).items()})
    assert made.facts["nfc_changed_documents"] == 30
    assert all(unicodedata.is_normalized("NFC", text) for text in made.texts)


def test_an_empty_folder_says_what_was_looked_at(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"there is no text: looked at 0 files \(text\)\. Put text files"):
        grow({})


def test_a_few_bytes_are_too_little(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(
        InputError, match=r"there are only 3\d bytes of text, and 2,000 are needed even for a trial: looked at 2 files; left out: 1 too short"
    ):
        grow({"a.txt": "Ọ̀rọ̀ kan péré ni èyí o.", "b.txt": "ọ"})


def test_nothing_readable_names_the_first_problem(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(
        InputError, match=r"looked at 2 files; left out: 1 binary data, 1 protected by a password; a.txt: binary data, the name says text"
    ):
        grow({"a.txt": bytes(range(256)) * 9, "b.pdf": pdf("Habari", "siri")})


def test_bad_files_do_not_stop_the_run_and_are_listed(grow) -> None:  # type: ignore[no-untyped-def]
    bad = {
        "binary.txt": random.Random(1).randbytes(4000),
        "bomb.zip": zipped({"b.txt": b"a" * 20_000_000}),
        "laughs.docx": docx(["&e;"], BILLION_LAUGHS),
        "laughs.odt": odt("<text:p>&e;</text:p>", BILLION_LAUGHS),
        "locked.pdf": pdf("Habari", "siri"),
        "broken.docx": b"PK nonsense",
        "broken.pdf": b"%PDF-1.4 nonsense",
        "table.csv": "1,2\n3,4\n",
        "old.doc": b"\xd0\xcf\x11\xe0" + bytes(100),
        "figures.txt": "1 2 3 4 5 6 7 8 9 10 11 12 13",
        "short.txt": "ọ",
        "empty.txt": "",
        "lines.txt": "\n" * 5000,
        "replaced.txt": ("ọ\ufffd\ufffd\ufffd" * 50),
    }
    made = grow({**stories(60), **bad})
    reasons = {row["source"]: row["reason"] for row in made.dropped}
    assert reasons == {
        "binary.txt": BINARY,
        "bomb.zip/b.txt": BOMB,
        "laughs.docx": BOMB,
        "laughs.odt": BOMB,
        "locked.pdf": PROTECTED,
        "broken.docx": DAMAGED,
        "broken.pdf": DAMAGED,
        "table.csv": NO_COLUMN,
        "old.doc": UNSUPPORTED,
        "figures.txt": NO_LETTERS,
        "short.txt": TOO_SHORT,
        "empty.txt": EMPTY,
        "lines.txt": EMPTY,
        "replaced.txt": UNDECODABLE,
    }
    assert made.facts["documents"] == 60
    assert made.said.count("not read: ") == 5
    assert "4 more could not be read; they are listed in dropped.parquet" in made.said
    assert any(each.startswith("binary.txt: not read: binary data, the name says text, but these bytes are none") for each in made.facts["warnings"])


def test_a_file_that_vanishes_is_listed_and_the_rest_is_read(grow, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    real = files.open_file

    def vanish(path: Path):  # type: ignore[no-untyped-def]
        if path.name == "story-0003.txt":
            path.unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(files, "open_file", vanish)
    made = grow(stories(40))
    assert made.dropped_for(VANISHED) == ["story-0003.txt"]
    assert made.facts["documents"] == 39
    assert "story-0003.txt: not read: vanished, it was there when the folder was listed" in made.said


@pytest.mark.parametrize("failing_open", [1, 2, 3])
def test_a_file_that_fails_while_it_is_read_is_listed(grow, monkeypatch: pytest.MonkeyPatch, failing_open: int) -> None:  # type: ignore[no-untyped-def]
    real, opened = files.open_file, {"count": 0}

    def fail(path: Path):  # type: ignore[no-untyped-def]
        opened["count"] += path.name == "story-0003.txt"
        if path.name == "story-0003.txt" and opened["count"] == failing_open:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(files, "open_file", fail)
    made = grow(stories(40))
    assert made.facts["documents"] == 39
    assert "could not read it: Input/output error" in made.said


def test_no_permission_says_what_to_do(grow, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    real = files.open_file

    def refuse(path: Path):  # type: ignore[no-untyped-def]
        if path.suffix == ".docx":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(files, "open_file", refuse)
    made = grow({**stories(40), "a.docx": docx([sentence(1)])})
    assert made.dropped_for(NO_PERMISSION) == ["a.docx"]
    assert "a.docx: not read: no permission, give yourself the right to read it" in made.said


def test_a_named_column_that_no_file_has_is_an_error_naming_those_there_are(grow) -> None:  # type: ignore[no-untyped-def]
    rows = "headline,text\n" + "".join(f"ọ{i},{sentence(i)}\n" for i in range(200))
    with pytest.raises(
        InputError, match=r"no file has the column 'body'; a.csv: no text column, there is no column 'body'; the columns are 'headline', 'text'"
    ):
        grow({"a.csv": rows, **stories(30)}, column="body")
    assert grow({}, column="text").facts["documents"] == 230


def test_mixed_encodings_are_told_file_by_file(grow) -> None:  # type: ignore[no-untyped-def]
    texts = stories(30)
    french = "Où est l'élève ? Il était déjà là, à l'école, très tôt ce matin.\n" * 4
    made = grow({**texts, "u16.txt": story(90).encode("utf-16"), "latin.txt": french.encode("latin-1"), "bom.txt": story(91).encode("utf-8-sig")})
    assert made.facts["encodings"] == {"UTF-8": 30, "UTF-16": 1, "UTF-8 with byte order mark": 1, "cp1252 (guessed)": 1}
    assert {french.strip(), unicodedata.normalize("NFC", story(90)).strip()} <= set(made.texts)
    assert "latin.txt: read as cp1252 (guessed)" in made.report["notes"]


def test_names_with_spaces_arabic_and_emoji(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow({f"قصص جميلة 📚/حكاية {i}.txt": story(i) for i in range(30)})
    assert made.facts["sources"][0]["name"] == "قصص جميلة 📚"
    assert made.facts["source_count"] == len(made.facts["sources"])
    assert made.facts["documents"] == 30


def test_a_single_long_line_is_cut_and_held_out_in_part(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow({"a.txt": " ".join(sentence(i) for i in range(3000))})
    assert made.facts["heldout_documents"] > 1
    assert max(len(text.encode()) for text in made.texts) < 5000
    assert "blocks end inside a line" in made.report["notes"][0]


def test_one_small_text_is_divided_too(grow) -> None:  # type: ignore[no-untyped-def]
    made = grow({"a.txt": story(1, sentences=60)})
    assert made.facts["train_documents"] > 2
    assert made.facts["heldout_documents"] == 1


def test_one_document_cannot_be_divided(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="the text is 1 document, all alike: nothing can be held out"):
        grow({"a.txt": story(1, sentences=60)}, document="file")


def test_many_empty_files_take_little_time(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    for folder in range(10):
        put(project / f"text/{folder}", {f"{i}.txt": "" for i in range(200)})
    made = grow(stories(30))
    assert made.facts["dropped"] == {EMPTY: 2000}


def test_nothing_of_the_user_is_written_to(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    put(project / "text", {**stories(30), "a.zip": zipped({"../x.txt": story(50)}), "b.docx": docx([sentence(1)])})
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in project.rglob("*") if path.is_file()}
    grow({})
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in project.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("language", list(WORDS))
def test_no_absolute_path_stands_in_what_is_written(grow, project: Path, language: str) -> None:  # type: ignore[no-untyped-def]
    made = grow({**stories(30, language=language), "bad.docx": b"x"})
    assert str(project).encode() not in b"".join((made.out / name).read_bytes() for name in OUTPUTS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_line_of_200_mb_neither_crashes_nor_fills_the_memory(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    import resource

    chosen = random.Random(1)
    with open(project / "text/a.txt", "w", encoding="utf-8") as file:
        for i in range(300_000):
            file.write(" ".join(chosen.choices(WORDS["yor"], k=110)) + f" {i}. ")
    assert (project / "text/a.txt").stat().st_size > 190_000_000
    made = grow({}, heldout_max_bytes=100_000)
    assert made.facts["documents"] > 50_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1_500_000
