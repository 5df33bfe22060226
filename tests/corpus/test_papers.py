"""sources.toml: which table counts for which file, every problem at once, and the papers on the documents of a project."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest
from tests.corpus.conftest import put
from tests.corpus.material import stories, story, zipped

from mbegu.core.documents import Document, write_documents
from mbegu.core.errors import InputError, SettingsError
from mbegu.core.report import Say
from mbegu.corpus.files import fingerprint
from mbegu.corpus.findings import NO_LICENCE, PAPERS
from mbegu.corpus.papers import Paper, Papers, _make_rule
from mbegu.corpus.settings import CorpusSettings


def papers(folder: Path, text: str) -> Papers:
    put(folder, {"sources.toml": text})
    return Papers.read(folder)


TABLES = """
[[source]]
files = "**"
licence = "CC0-1.0"
contributor = "everybody"

[[source]]
files = "stories/"
contributor = "Àdùkẹ́"
licence = "CC-BY-4.0"
consent = { purpose = "language models", date = 2025-03-01, version = 2, until = "2030" }

[[source]]
files = ["stories/old*.txt", "stories/deep/**/x.txt"]
contributor = "elders"

[[source]]
files = "stories/old-1.txt"
contributor = "one elder"

[[source]]
files = "*.csv"
contributor = "the school"

[[source]]
files = "rows.csv#17"
contributor = "one pupil"
"""


@pytest.mark.parametrize(
    ("source", "contributor"),
    [
        ("a.txt", "everybody"),
        ("stories/new.txt", "Àdùkẹ́"),
        ("stories/new.txt#121", "Àdùkẹ́"),
        ("stories/pack.zip/in/a.docx", "Àdùkẹ́"),
        ("stories/old-2.txt", "elders"),
        ("stories/old-1.txt", "one elder"),
        ("stories/old-1.txt#4", "one elder"),
        ("stories/deep/a/b/x.txt", "elders"),
        ("stories/deep/x.txt", "elders"),
        ("storiesother/a.txt", "everybody"),
        ("deep/down/rows.csv#3", "the school"),
        ("rows.csv#17", "one pupil"),
        ("rows.csv#17:40", "one pupil"),
        ("rows.csv#171", "the school"),
    ],
)
def test_the_most_specific_pattern_counts(tmp_path: Path, source: str, contributor: str) -> None:
    assert papers(tmp_path, TABLES).of(source).contributor == contributor


@pytest.mark.parametrize("source", ["a.txt.gz", "a.txt.gz#121", "b/rows.csv.xz#17", "c.zip.bz2/d.txt"])
def test_a_packed_file_goes_by_its_own_name_and_by_that_of_what_is_in_it(tmp_path: Path, source: str) -> None:
    from mbegu.corpus.source import file_of, unpacked

    name = source.partition("/d")[0] if ".zip" in source else file_of(source)
    assert papers(tmp_path, f'[[source]]\nfiles = "{name}"\ncontributor = "Ada"').of(source).contributor == "Ada"
    assert papers(tmp_path, f'[[source]]\nfiles = "{unpacked(name)}"\ncontributor = "Ada"').of(source).contributor == "Ada"
    assert papers(tmp_path, f'[[source]]\nfiles = "{unpacked(name)}.txt"\ncontributor = "Ada"').of(source).contributor == ""


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        ("rows.csv.gz#17", "rows.csv#17"),
        ("rows.csv.gz#17:40", "rows.csv#17"),
        ("rows.CSV.GZ", "rows.CSV"),
        ("a/rows.csv.gz#17", "a/*.csv#17"),
        ("c.zip.bz2/d.txt", "c.zip/d.txt"),
        ("c.zip.bz2/rows.csv.gz#17", "c.zip/**/rows.csv#17"),
    ],
)
def test_a_place_in_a_packed_file_goes_by_the_name_of_what_is_in_it(tmp_path: Path, source: str, pattern: str) -> None:
    table = f'[[source]]\nfiles = "{pattern}"\ncontributor = "Ada"\n[[source]]\nfiles = "**"\ncontributor = "others"\n'
    found = papers(tmp_path, table)
    assert found.of(source).contributor == "Ada"
    assert found.of(source.replace("17", "171").replace("d.txt", "e.txt").replace(".CSV", ".txt")).contributor == "others"


def test_names_and_patterns_stay_in_the_order_of_how_specific_they_are(tmp_path: Path) -> None:
    tables = {"a/b/*.txt": 1, "a/b/c.txt#3": 2, "a/b/c.txt": 3, "a": 4, "a/**": 5, "*.txt": 6, "a/b": 7, "a/b/c.tx": 8, "a/b/c.txt.gz.bz2": 9}
    text = "".join(f'[[source]]\nfiles = "{pattern}"\ncontributor = "{number}"\n' for pattern, number in tables.items())
    found = papers(tmp_path, text)
    for source, fitting in (("a/b/c.txt#3:40", "2317546"), ("a/b/c.txt", "317546"), ("a/b/c.txt.gz#31", "317546"), ("a/b/c.txt.gz.bz2#3", "9231754")):
        taken = [rule.paper.contributor for rule in found._fitting(source)]
        assert "".join(taken).startswith(fitting), (source, taken)
        assert found.of(source).contributor == found.find(source).contributor == fitting[0]
    assert found.overruled["a/b/c.txt", "a"] == 2


def test_ten_thousand_tables_do_not_cost_ten_thousand_looks_a_document() -> None:
    found = Papers([_make_rule(f"radio/{number}.txt", "", Paper(contributor=str(number))) for number in range(10_000)])
    began_s = time.process_time()
    assert all(found.of(f"radio/{number}.txt.gz#3").contributor == str(number) for number in range(0, 10_000, 5))
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize("pattern", ["**a" * 8 + "**b", "*a*" * 100 + "b", "a?**" * 60 + "b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    found = Papers([_make_rule(pattern, "", Paper(contributor="Ada"))])
    began_s = time.process_time()
    assert found.of("a" * 4000) == Paper()
    assert found.of("a" * 4000 + "b.gz#3").contributor == "Ada"
    assert time.process_time() - began_s < 1


def test_the_marks_of_a_giver_are_coded_in_one_way(tmp_path: Path) -> None:
    typed = unicodedata.normalize("NFD", "Àdùkẹ́")
    found = papers(tmp_path, f'[[source]]\nfiles = "a.txt"\ncontributor = "{typed}"').of("a.txt").contributor
    assert found == unicodedata.normalize("NFC", typed) != typed
    assert papers(tmp_path, '[[source]]\nfiles = "a.zip/Àdùkẹ́.txt"\ncontributor = "Ada"').of(f"a.zip/{typed}.txt").contributor == "Ada"


def test_what_overruled_what_and_what_fits_nothing_is_said(tmp_path: Path) -> None:
    found = papers(tmp_path, TABLES)
    found.of("stories/old-1.txt")
    said = found.remarks()
    assert "sources.toml: 'stories/old-1.txt' and 'stories/old*.txt' both fit 1 documents: the more specific, 'stories/old-1.txt', counts" in said
    assert "sources.toml: '*.csv' fits no document" in said


def test_consent_and_dates_are_kept_as_text(tmp_path: Path) -> None:
    paper = papers(tmp_path, TABLES).of("stories/a.txt")
    assert (paper.consent_purpose, paper.consent_date, paper.consent_version, paper.consent_until) == ("language models", "2025-03-01", "2", "2030")
    assert paper.meta() == {"consent_purpose": "language models", "consent_date": "2025-03-01", "consent_version": "2", "consent_until": "2030"}


def test_no_file_means_no_papers(tmp_path: Path) -> None:
    assert Papers.read(tmp_path).of("a.txt") == Paper()


def test_a_file_in_a_folder_below_is_for_the_files_beside_it(tmp_path: Path) -> None:
    put(tmp_path, {"sources.toml": '[[source]]\nfiles="**"\nlicence="MIT"\n', "a/b/sources.toml": '[[source]]\nfiles="*.txt"\nlicence="CC0-1.0"\n'})
    found = Papers.read(tmp_path, "usb/")
    assert [found.of(source).licence for source in ("usb/x.txt", "usb/a/b/x.txt", "usb/a/b/c/x.txt", "x.txt")] == ["MIT", "CC0-1.0", "CC0-1.0", ""]


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    wrong = """
[[sorce]]
files = "x"
"""
    with pytest.raises(SettingsError, match=r"there is no table \[\[sorce\]\] \(did you mean 'source'\?\)"):
        papers(tmp_path, wrong)
    wrong = """
[[source]]
file = "x"
licens = "MIT"
contributor = 7
date = "last week"
consent = { porpose = "x", date = "2025-02-30" }

[[source]]
files = ["a", "a"]
consent = "yes"

[[licence]]
name = "ours"
commercial = "perhaps"
"""
    with pytest.raises(SettingsError) as caught:
        papers(tmp_path, wrong)
    line = caught.value.one_line()
    for part in (
        "[source 1] has no setting 'file' (did you mean 'files'",
        "[source 1] has no setting 'licens' (did you mean 'licence'",
        "[source 1] contributor: expected a text in quotes, found 7",
        "[source 1] needs 'files'",
        "[source 1.consent] has no setting 'porpose' (did you mean 'purpose'",
        "[source 2] consent: expected a table",
        "[licence 1] commercial: 'perhaps' is not one of yes, no, ask",
        "sources.toml",
    ):
        assert part in line, part


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[source]\n", "not TOML"),
        ('source = "x"', "'source' is not a list of tables: write [[source]]"),
        ('[[source]]\nfiles="a"\n[[source]]\nfiles="a"\n', "the pattern 'a' stands in two tables"),
        ('[[source]]\nfiles="a"\ndate="2025-13"\n', "'2025-13' is not a date such as 2025-03-31"),
        ("[[source]]\nfiles=[]\n", "[source 1] files: names no file"),
        ('[[source]]\nfiles="/"\n', "[source 1] files: an empty pattern"),
        ("a = " + "[" * 5000, "sources.toml"),
        ('[[source]]\nfiles="a"\ncontributor="a%s"' % ("\\u0301\\u0327" * 40_000), "has 80,001 characters, and 1,000 are allowed"),
        ('[[source]]\nfiles="%s"' % ("a" * 1001), "[source 1] files: 'aaa"),
        ('[[source]]\nfiles="a"\ncontributor="Ada\\nMay you sell any of it?  Yes"', "[source 1] contributor: 'Ada\\nMay you sell any"),
        ('[[source]]\nfiles="a"\nlicence="MIT\\u2028CC0-1.0"', "[source 1] licence: 'MIT\\u2028CC0-1.0' holds the end of a line"),
        ('[[source]]\nfiles="a\\u001b[2J"', "[source 1] files: 'a\\x1b[2J' holds the end of a line"),
        ('[[source]]\nfiles="a"\nconsent={purpose="x\\u202ey"}', "[source 1.consent] purpose: 'x\\u202ey' holds"),
        ('[[licence]]\nname="Our terms"\nconditions="a\\nb"', "[licence 1] conditions: 'a\\nb' holds"),
        ('[[licence]]\nname="Our terms"\nalike=["a\\nb"]', "[licence 1] alike: 'a\\nb' holds"),
        ('[[licence]]\nname="Our\\nterms"', "[licence 1] name: 'Our\\nterms' holds"),
        ('[[licence]]\nname=" Unknown"', "[licence 1] name: ' Unknown' stands for text without a licence"),
        ('[[licence]]\nname=""', "[licence 1] name: '' stands for text without a licence"),
    ],
)
def test_what_is_no_sources_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        papers(tmp_path, text)
    assert message in caught.value.one_line()


def test_names_are_checked_before_they_are_brought_into_one_form(tmp_path: Path) -> None:
    began_s = time.process_time()
    with pytest.raises(SettingsError, match="1,000 are allowed"):
        papers(tmp_path, f'[[source]]\nfiles="a"\ncontributor="a{chr(0x301) * 40_000}{chr(0x327) * 40_000}"')
    assert time.process_time() - began_s < 1


@pytest.mark.parametrize("name", ["CC-BY-NC-4.0", "cc by-nc", "Creative Commons Attribution-NonCommercial 4.0 International", "CC–BY–NC–4.0"])
def test_nobody_declares_a_licence_that_mbegu_knows(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        papers(tmp_path, f'[[licence]]\nname = "{name}"\ncommercial = "yes"')
    assert "[licence 1] name: " in caught.value.one_line()
    assert "is CC-BY-NC-4.0, whose terms Mbegu knows" in caught.value.one_line()
    assert papers(tmp_path, '[[licence]]\nname = "Our agreement on CC-BY-NC-4.0"\ncommercial = "yes"').licences


def test_names_in_any_script_with_their_joiners_are_taken(tmp_path: Path) -> None:
    names = ["ߊ߬ߘߊ߫", "أَحْمَد\u200c", "ក្រុម\u200bចម្រៀង", "ab\u0301\u0327c", "نام\u200f"]
    text = "".join(f'[[source]]\nfiles = "{number}"\ncontributor = "{name}"\n' for number, name in enumerate(names))
    found = papers(tmp_path, text)
    assert [found.of(str(number)).contributor for number in range(len(names))] == [unicodedata.normalize("NFC", name) for name in names]


def test_the_papers_reach_documents_report_and_label(grow) -> None:  # type: ignore[no-untyped-def]
    files = {f"ada/{name}": text for name, text in stories(30).items()} | {f"b/{name}": text for name, text in stories(30, 100).items()}
    table = '[[source]]\nfiles = "ada"\nlicence = "CC-BY-4.0"\ncontributor = "Ada"\nconsent = { purpose = "models" }\ntitle = "Tales"\n'
    made = grow({**files, "sources.toml": table}, licence="CC0-1.0", contributor="Radio")
    documents = [*made.train, *made.heldout]
    assert {(d.contributor, d.licence, d.meta.get("consent_purpose", ""), d.meta.get("title", "")) for d in documents} == {
        ("Ada", "CC-BY-4.0", "models", "Tales"),
        ("Radio", "CC0-1.0", "", ""),
    }
    assert made.facts["contributors"]["Ada"]["documents"] == 30
    assert made.facts["licences"]["CC0-1.0"]["documents"] == 30
    assert made.dropped_for(PAPERS) == ["sources.toml"]
    from mbegu.release.label import _text

    assert {giver.name for giver in _text(made.facts).givers} == {"Ada", "Radio"}


def test_documents_without_a_licence_are_refused_or_marked(grow) -> None:  # type: ignore[no-untyped-def]
    files = {**stories(40), "sources.toml": '[[source]]\nfiles = "story-000*"\nlicence = "MIT"\n'}
    assert grow(files).facts["licences"]["unknown"]["documents"] == 30
    strict = grow({**files, "pack.zip": zipped({f"{i}.txt": story(i) for i in range(200, 230)})}, require_licence=True)
    assert list(strict.facts["licences"]) == ["MIT"]
    assert len(strict.dropped_for(NO_LICENCE)) == 60
    with pytest.raises(InputError, match="no licence"):
        grow({"sources.toml": '[[source]]\nfiles = "nowhere"\nlicence = "MIT"\n'}, require_licence=True)


def test_a_change_of_the_papers_changes_the_fingerprint(project: Path) -> None:
    put(project / "text", stories(3))
    settings, quiet = CorpusSettings(), Say(quiet=True)
    without = fingerprint(settings, project, quiet)
    put(project / "text", {"sources.toml": '[[source]]\nfiles = "*"\nlicence = "MIT"\n'})
    one = fingerprint(settings, project, quiet)
    put(project / "text", {"sources.toml": '[[source]]\nfiles = "*"\nlicence = "CC0-1.0"\n'})
    assert len({without, one, fingerprint(settings, project, quiet)}) == 3
    put(project / "text", {"sources.toml": "[[source]]\n"})
    with pytest.raises(SettingsError, match="needs 'files'"):
        fingerprint(settings, project, quiet)


@pytest.mark.parametrize("divide_by", ["file", "folder", "contributor"])
def test_a_source_never_straddles_when_asked(grow, divide_by: str) -> None:  # type: ignore[no-untyped-def]
    files = {f"d{i % 8}/{name}": text for i, (name, text) in enumerate(stories(64).items())}
    files |= {f"big-{k}.txt": "\n\n".join(story(1000 + 50 * k + i, sentences=12) for i in range(12)) for k in range(6)}
    table = '[[source]]\nfiles = "big-0.txt"\ncontributor = "A"\n[[source]]\nfiles = "d*/"\ncontributor = "B"\n'
    made = grow({**files, "sources.toml": table}, divide_by=divide_by)

    def unit(document) -> str:  # type: ignore[no-untyped-def]
        path = document.source.partition("#")[0]
        return {"file": path, "folder": path.rpartition("/")[0] or path, "contributor": document.contributor or document.id}[divide_by]

    assert made.heldout
    assert not {unit(d) for d in made.train} & {unit(d) for d in made.heldout}
    loose = grow(files)
    assert any(d.source.partition("#")[0] in {e.source.partition("#")[0] for e in loose.train} for d in loose.heldout)


def test_text_of_one_giver_cannot_be_divided_by_giver(grow) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"all text is of one contributor, which is never divided.*divide_by = \"document\""):
        grow(stories(40), contributor="Ada", divide_by="contributor")


def test_documents_that_mbegu_kept_and_a_person_names_keep_their_papers(grow, project: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [Document(f"id{i}", story(i).strip(), "xxx", f"ada/{i}.txt#3", "CC-BY-4.0", "Ada", {"title": "Tales"}) for i in range(30)]
    (project / "clean").mkdir()
    write_documents(project / "clean" / "kept.parquet", rows)
    (project / "clean" / "dropped.parquet").write_bytes(b"PAR1")
    made = grow(stories(10, 100), contributor="Radio", text=("text", "clean/kept.parquet"))
    own = [d for d in [*made.train, *made.heldout] if d.contributor == "Ada"]
    assert {(d.id, d.source, d.licence, d.meta["title"]) for d in own} == {(d.id, d.source, "CC-BY-4.0", "Tales") for d in rows}
    assert made.report["formats"]["documents"] == 1


def test_documents_in_a_file_among_the_text_stand_under_its_name_and_take_no_papers_of_other_files(grow, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows = [Document(f"id{i}", story(i).strip(), "xxx", f"radio/{i}.csv#3", "CC0-1.0", "Mallory", {"title": "Tales"}) for i in range(30)]
    write_documents(tmp_path / "a.parquet", rows)
    content = (tmp_path / "a.parquet").read_bytes()
    table = '[[source]]\nfiles = ["radio/", "radio/1.csv"]\nlicence = "CC-BY-4.0"\ncontributor = "Radio"\n'
    table += '[[source]]\nfiles = "named.parquet"\nlicence = "CC-BY-SA-4.0"\ncontributor = "Ada"\n'
    made = grow({"sources.toml": table, "mallory.parquet": content, **{f"radio/{name}": text for name, text in stories(10, 100).items()}})
    claimed = [d for d in [*made.train, *made.heldout] if not d.source.startswith("radio/")]
    assert sorted(d.source for d in claimed) == sorted(f"mallory.parquet/radio/{i}.csv#3" for i in range(30))
    assert {(d.licence, d.contributor, d.meta["title"]) for d in claimed} == {("CC0-1.0", "Mallory", "Tales")}
    assert not {d.id for d in claimed} & {d.id for d in rows}
    made = grow({"sources.toml": table, "named.parquet": content, "mallory.parquet": b""})
    claimed = [d for d in [*made.train, *made.heldout] if not d.source.startswith("radio/")]
    assert {(d.licence, d.contributor, d.meta["title"]) for d in claimed} == {("CC-BY-SA-4.0", "Ada", "Tales")}


def test_the_kind_of_text_that_a_person_names_stands_in_the_document(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nfiles = "radio/"\ndomain = "news"\n', encoding="utf-8")
    assert Papers.read(tmp_path).of("radio/a.txt").meta() == {"domain": "news"}
