from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.corpus.material import BILLION_LAUGHS, docx, epub, zipped
from tests.corpus.twelve_scripts import FORMATS, LINES

from mbegu.core.errors import StoppedError
from mbegu.core.report import Say
from mbegu.corpus.files import TextFile
from mbegu.corpus.findings import BINARY, BOMB, DAMAGED, EMPTY, NO_COLUMN, PROTECTED, TOO_LARGE, UNDECODABLE, UNSUPPORTED, Findings, ReadError
from mbegu.corpus.normalise import normalise
from mbegu.corpus.read import read_documents
from mbegu.corpus.readers.xml import MAX_MARKS
from mbegu.corpus.settings import CorpusSettings

resource = pytest.importorskip("resource")  # memory limits as Unix counts them

REFUSALS = {BINARY, BOMB, DAMAGED, EMPTY, NO_COLUMN, PROTECTED, TOO_LARGE, UNDECODABLE, UNSUPPORTED, "too short", "no letters", "broken row"}
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def documents(tmp_path: Path, name: str, content: bytes | str, **settings: Any) -> tuple[list[str], Findings]:
    """Read one file as the pipeline does: whatever it holds, no exception comes out."""
    path = tmp_path / "file"
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    findings = Findings()
    file = TextFile(name, path, path.stat().st_size, 0)
    made = list(read_documents([file], "qaa", CorpusSettings(**settings), findings, Say(io.StringIO())))
    for drop in findings.drops:
        assert "\n" not in drop.detail and len(drop.detail) < 2000
    return [document.text for document in made], findings


def with_root(root: str, inside: str, doctype: str) -> str:
    return f'<?xml version="1.0"?>{doctype}<{root}>{inside}</{root}>'


XML_FORMATS = {
    "a.tmx": ("tmx", "<body><tu><tuv xml:lang='qaa'><seg>ọ̀rọ̀ {}</seg></tuv></tu></body>"),
    "a.eaf": (
        "ANNOTATION_DOCUMENT",
        "<TIER TIER_ID='x'><ANNOTATION><REF_ANNOTATION><ANNOTATION_VALUE>ọ̀rọ̀ {}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>",
    ),
    "udhr.xml": ("udhr", "<para>ọ̀rọ̀ {}</para>"),
    "wiki.xml": ("mediawiki", "<page><title>T</title><ns>0</ns><revision><text>ọ̀rọ̀ {}</text></revision></page>"),
}  # fmt: skip


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize("doctype", [BILLION_LAUGHS, EXTERNAL], ids=["billion laughs", "external entity"])
def test_entities_are_refused_in_one_line(tmp_path: Path, name: str, doctype: str) -> None:
    root, inside = XML_FORMATS[name]
    texts, findings = documents(tmp_path, name, with_root(root, inside.format("&e;"), doctype))
    assert texts == []
    assert [(drop.reason, "declares XML entities" in drop.detail) for drop in findings.drops] == [(BOMB, True)]


@pytest.mark.parametrize("name", XML_FORMATS)
def test_entities_in_utf_16_are_not_resolved_either(tmp_path: Path, name: str) -> None:
    root, inside = XML_FORMATS[name]
    xml = with_root(root, inside.format("&e;"), EXTERNAL).replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    texts, findings = documents(tmp_path, name, xml.encode("utf-16"))
    assert not any("root" in text for text in texts)
    assert findings.drops


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize("broken", ["<", "</b>", "&nothing;", "\x00", "\x01"])
def test_broken_xml_is_told_and_what_came_before_is_kept(tmp_path: Path, name: str, broken: str) -> None:
    root, inside = XML_FORMATS[name]
    _, findings = documents(tmp_path, name, with_root(root, inside.format("") + broken, ""))
    assert {drop.reason for drop in findings.drops} <= REFUSALS and findings.drops


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("cut", [0.3, 0.7, 0.97])
def test_a_file_that_breaks_off_is_read_so_far_or_told(tmp_path: Path, kind: str, cut: float) -> None:
    name, make = FORMATS[kind]
    content = make(LINES["Yoruba"] * 5)
    data = content.encode() if isinstance(content, str) else content
    texts, findings = documents(tmp_path, name, data[: int(cut * len(data))])
    assert texts or {drop.reason for drop in findings.drops} & REFUSALS


@pytest.mark.parametrize("kind", FORMATS)
def test_noise_under_every_name_is_told(tmp_path: Path, kind: str) -> None:
    noise = random.Random(kind).randbytes(200_000)
    texts, findings = documents(tmp_path, FORMATS[kind][0], noise)
    assert texts == []
    assert {drop.reason for drop in findings.drops} <= REFUSALS and findings.drops


@pytest.mark.parametrize("kind", [kind for kind, (name, make) in FORMATS.items() if isinstance(make(LINES["Yoruba"]), str)])
def test_invalid_bytes_zeros_and_controls_do_not_cost_the_text(tmp_path: Path, kind: str) -> None:
    name, make = FORMATS[kind]
    text = make([*LINES["Yoruba"], "BROKEN ọ̀rọ̀ tó bàjẹ́ níbí."] + LINES["Amharic"])
    texts, findings = documents(tmp_path, name, text.encode().replace(b"BROKEN", b"\xff\xfe\xc3"))  # type: ignore[union-attr]
    is_xml = name.endswith((".xml", ".tmx", ".eaf")) and "xhtml" not in kind
    assert is_xml or LINES["Amharic"][0] in "\n".join(texts)
    assert not is_xml or [drop.reason for drop in findings.drops] == [DAMAGED] or texts


@pytest.mark.parametrize("kind", FORMATS)
def test_marks_of_direction_come_through_and_cannot_hide_a_name(read, kind: str) -> None:  # type: ignore[no-untyped-def]
    if kind == "pdf":
        pytest.skip("the programs that write PDF draw in the order that is seen, without these marks")
    line = "Ọ̀rọ̀ \u202eíhúy\u202c àti \u2067يارا\u2069 pọ̀."
    name, make = FORMATS[kind]
    made = read(name, make([line, line]))
    assert line in normalise("\n".join(made.texts)).text.replace("S1: ", "")


@pytest.mark.parametrize(("ending", "pack"), [(".bz2", bz2.compress), (".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_packed_bomb_ends_before_it_unpacks(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    texts, findings = documents(tmp_path, f"a.txt{ending}", pack(b"a" * 20_000_000))
    assert texts == []
    assert [drop.reason for drop in findings.drops] == [BOMB]
    assert "no real text does" in findings.drops[0].detail


def test_a_packed_file_has_a_limit_and_is_packed_only_so_often(tmp_path: Path) -> None:
    text = "\n".join(f"ọ̀rọ̀ {i * 7919 % 100_003} ni {i}" for i in range(60_000)).encode()
    _, findings = documents(tmp_path, "a.txt.gz", gzip.compress(text), max_unpacked_bytes=100_000)
    assert [drop.reason for drop in findings.drops] == [BOMB]
    packed, name = text, "a.txt"
    for _ in range(4):
        packed, name = gzip.compress(packed), f"{name}.gz"
    texts, findings = documents(tmp_path, name, packed)
    assert texts == [] and "packed more than 3 times" in findings.drops[0].detail


@pytest.mark.parametrize("name", ["../../evil.srt", "/etc/evil.po", "a/../../../result.json", "C:\\evil.TextGrid"])
def test_names_in_archives_reach_no_place(tmp_path: Path, name: str) -> None:
    member = {".srt": "srt", ".po": "po", "json": "telegram", "Grid": "textgrid"}[name[-4:] if name[-3] != "." else name[-3:]]
    before = sorted(tmp_path.rglob("*"))
    texts, _ = documents(tmp_path, "a.zip", zipped({name: FORMATS[member][1](LINES["Yoruba"])}))
    assert any(LINES["Yoruba"][0] in text for text in texts)
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == [tmp_path / "file"]


def test_a_table_of_a_million_columns_is_told(tmp_path: Path) -> None:
    row = ",".join(["ọ"] * 1_000_000) + "\n"
    texts, findings = documents(tmp_path, "a.csv", row * 2)
    assert (texts, [drop.reason for drop in findings.drops]) == ([], [TOO_LARGE])
    assert "1,000,000 cells" in findings.drops[0].detail
    fields = json.dumps({f"ọ{i}": "x" for i in range(100_000)})
    _, findings = documents(tmp_path, "a.jsonl", fields + "\n")
    assert len(str(findings.notes)) < 2000


def test_a_web_table_of_twenty_thousand_columns_is_read(tmp_path: Path) -> None:
    rows = ("".join(f"<td>ọ̀{i}</td>" for i in range(first, first + 20_000)) for first in (0, 20_000))
    texts, _ = documents(tmp_path, "a.html", f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    assert "".join(texts).count("ọ̀") == 40_000


@pytest.mark.parametrize("kind", [IndexError, OverflowError, AttributeError, RecursionError, UnicodeError])
def test_a_file_that_its_reader_cannot_take_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    from mbegu.corpus.readers import subtitles

    def fails(source: object, context: object) -> None:
        raise kind("not foreseen")

    monkeypatch.setattr(subtitles, "read", fails)
    texts, findings = documents(tmp_path, "a.zip", zipped({"a.srt": "x", "b.txt": LINES["Yoruba"][0]}))
    assert texts == [LINES["Yoruba"][0]]
    texts, alone = documents(tmp_path, "a.srt", "x")
    for drop in (findings.drops[0], alone.drops[0]):
        assert (drop.reason, drop.detail) == (DAMAGED, f"it is not as its format says: {kind.__name__}: not foreseen")
    assert [findings.drops[0].source, alone.drops[0].source] == ["a.zip/a.srt", "a.srt"]


def test_a_text_whose_decoding_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.corpus.readers import subtitles

    monkeypatch.setattr(subtitles, "spoken", lambda lines: ({}[line] for line in lines))
    texts, findings = documents(tmp_path, "a.srt", "x\n")
    assert (texts, [(drop.source, drop.reason) for drop in findings.drops]) == ([], [("a.srt", DAMAGED)])


@pytest.mark.parametrize("kind", [ImportError, StoppedError])
def test_what_does_not_speak_of_the_file_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    from mbegu.corpus.readers import subtitles

    def fails(source: object, context: object) -> None:
        raise kind("stop")

    monkeypatch.setattr(subtitles, "read", fails)
    for name, content in (("a.srt", b"x"), ("a.zip", zipped({"a.srt": "x"}))):
        with pytest.raises(kind):
            documents(tmp_path, name, content)


LONG = 10_000_000
LINE_BEGINS = {
    "a.txt": "",
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n",
    "a.stm": "f 1 s 0 1 ",
    "a.po": 'msgid "x"\nmsgstr "',
    "a.conll": "",
    "_chat.txt": "1/2/25, 10:15 - A: x\n1/2/25, 10:16 - A: ",
    "a.json": '["',
    "result.json": '{"messages": [{"from_id": "',
    "a.tmx": "<tmx><tu><tuv><seg>",
    "a.xml": "<mediawiki><page><revision><text>",
    "a.TextGrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n"',
    "a.jsonl": '{"text": "',
}


@pytest.mark.parametrize("name", LINE_BEGINS)
def test_one_endless_line_takes_bounded_memory(tmp_path: Path, name: str) -> None:
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _, findings = documents(tmp_path, name, LINE_BEGINS[name] + "a" * LONG)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
    assert grown_kb < 300_000
    assert {drop.reason for drop in findings.drops} <= REFUSALS | {"repeated line"}


def test_deep_json_and_deep_pages_end(tmp_path: Path) -> None:
    for content in ("[" * 100_000, '{"a":' * 100_000, '[{"a":' + "[" * 100_000):
        texts, findings = documents(tmp_path, "a.json", content)
        assert texts == [] and [drop.reason for drop in findings.drops] == [DAMAGED]
    documents(tmp_path, "a.html", "<div>" * 50_000 + "ọ̀rọ̀")
    documents(tmp_path, "a.html", "<table><tr><td>" * 20_000 + "ọ̀rọ̀")


def test_a_word_document_with_entities_inside_a_zip_is_told(tmp_path: Path) -> None:
    texts, findings = documents(tmp_path, "a.zip", zipped({"a.docx": docx(["&e;"], BILLION_LAUGHS), "b.txt": LINES["Yoruba"][0]}))
    assert texts == [LINES["Yoruba"][0]]
    assert [drop.reason for drop in findings.drops] == [BOMB]


def test_what_is_not_known_is_listed(read) -> None:  # type: ignore[no-untyped-def]
    for name, content in (("a.xml", "<recipe><step>Se iṣu.</step></recipe>"), ("a.rar", b"Rar!\x1a\x07\x00"), ("a.mp3", b"ID3\x03\x00" * 50)):
        with pytest.raises(ReadError) as caught:
            read(name, content)
        assert caught.value.reason == UNSUPPORTED


def code(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3))


MANY_PARTS = {
    "a.json": json.dumps({"texts": ["ọ̀rọ̀ kan"] * 200_000}),
    "a.tmx": "<tmx>" + "".join(f"<tu><tuv xml:lang='x-{i}'><seg>ọ̀rọ̀ kan {i}</seg></tuv></tu>" for i in range(1_500)) + "</tmx>",
    "a.stm": "".join(f"f 1 s 0 1 ọ̀rọ̀ :{code(i)} kan\n" for i in range(8_000)),
    "_chat.txt": "".join(f"1/2/25, 10:{i % 60:02} - Sender {i}: ọ̀rọ̀ kan\n" for i in range(10_000)),
    "a.po": 'msgid "a"\nmsgstr ""\n' + '"ọ̀rọ̀ kan"\n' * 200_000,
    "a.md": "***a " * 150_000,
}


@pytest.mark.parametrize("name", MANY_PARTS)
def test_a_file_of_many_parts_takes_time_in_proportion(tmp_path: Path, name: str) -> None:
    began_s = time.process_time()
    documents(tmp_path, name, MANY_PARTS[name])
    assert time.process_time() - began_s < 3  # each took 5 to 20 s where every part was held against every other


def many_marks(begin: str, end: str) -> str:
    return begin + "<x/>" * (MAX_MARKS + 1) + end


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.eaf", many_marks("<ANNOTATION_DOCUMENT>", "</ANNOTATION_DOCUMENT>")),
        ("a.tmx", many_marks("<tmx>", "</tmx>")),
        ("a.html", many_marks("<html>", "</html>")),
    ],
)
def test_xml_that_would_fill_the_memory_is_told(tmp_path: Path, name: str, content: str) -> None:
    texts, findings = documents(tmp_path, name, content)
    assert (texts, [drop.reason for drop in findings.drops]) == ([], [TOO_LARGE])
    assert f"more than {MAX_MARKS:,} tags and attributes" in findings.drops[0].detail


def test_annotations_that_stand_in_each_other_are_not_read_again_for_each(tmp_path: Path) -> None:
    deep = "<ALIGNABLE_ANNOTATION><ANNOTATION_VALUE>ọ̀rọ̀ kan</ANNOTATION_VALUE>"
    tiers = "".join(f"<TIER TIER_ID='{i}'>" for i in range(100))
    xml = f"{tiers}<ANNOTATION>{deep * 100}{'</ALIGNABLE_ANNOTATION>' * 100}</ANNOTATION>{'</TIER>' * 100}"
    sound = "<TIER TIER_ID='x'><ANNOTATION><REF_ANNOTATION><ANNOTATION_VALUE>ọ̀rọ̀ mìíràn kan</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
    texts, _ = documents(tmp_path, "a.eaf", with_root("ANNOTATION_DOCUMENT", xml + sound, ""))
    assert texts == ["ọ̀rọ̀ mìíràn kan"]


GROWTH = """
import re, sys
from pathlib import Path
from mbegu.corpus.findings import Findings
from mbegu.corpus.readers import docx, odt
from mbegu.corpus.readers.context import Context
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.source import Source
import lxml.etree
def most_kb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text(encoding="ascii"))[1])
before = most_kb()
for reader, path in ((docx, sys.argv[1]), (odt, sys.argv[2])):
    for raw in reader.read(Source(path, 1, lambda: open(path, "rb")), Context(CorpusSettings(), Findings())):
        assert not "".join(raw.chunks).strip()
print(most_kb() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not say there how much memory a process had")
def test_a_document_of_many_empty_paragraphs_takes_little_memory(tmp_path: Path) -> None:
    paths = [tmp_path / "a.docx", tmp_path / "a.odt"]
    for path, member in zip(paths, ("word/document.xml", "content.xml"), strict=True):
        path.write_bytes(zipped({member: f"<!--{random.Random(1).randbytes(30_000).hex()}--><p>{'<p/>' * 1_000_000}</p>"}))
    run = subprocess.run([sys.executable, "-c", GROWTH, *map(str, paths)], capture_output=True, text=True, encoding="utf-8", check=True)
    assert int(run.stdout) < 60_000  # kB; a tree takes 140 MB


def test_a_book_of_many_small_bombs_is_told(tmp_path: Path) -> None:
    pages = {f"{i}.xhtml": "<p>" + "ọ̀rọ̀ " * 60_000 for i in range(5)}
    texts, findings = documents(tmp_path, "a.epub", epub(pages, pages))
    assert (texts, [drop.reason for drop in findings.drops]) == ([], [BOMB])
    noise = {f"{i}.xhtml": random.Random(i).randbytes(3_000).hex() for i in range(5)}
    texts, findings = documents(tmp_path, "a.epub", epub(noise, noise), max_file_bytes=20_000)
    assert (texts, [drop.reason for drop in findings.drops]) == ([], [TOO_LARGE])
    assert "more than the 20.0 kB allowed" in findings.drops[0].detail


def test_memory_that_does_not_suffice_for_a_file_is_told_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mbegu.corpus.readers import pdf, subtitles

    def fails(*given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(subtitles, "read", fails)
    monkeypatch.setattr(pdf, "_opened", fails)
    texts, findings = documents(tmp_path, "a.zip", zipped({"a.srt": "x", "b.pdf": b"%PDF-1.4", "c.txt": LINES["Yoruba"][0]}))
    assert texts == [LINES["Yoruba"][0]]
    assert [(drop.source, drop.reason) for drop in findings.problems] == [("a.zip/a.srt", TOO_LARGE), ("a.zip/b.pdf", TOO_LARGE)]
    assert "takes more memory than there is" in findings.problems[0].detail
