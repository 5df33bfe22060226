from __future__ import annotations

import re
import unicodedata

import pytest
from tests.corpus.twelve_scripts import FORMATS, LINES

from mbegu.corpus.normalise import normalise
from mbegu.corpus.readers import READERS
from mbegu.corpus.readers.joined import joined

NOT_MADE_HERE = {"image", "zim"}  # their own tests: what Tesseract recognises is not exact, and libzim is optional


@pytest.mark.parametrize("script", LINES)
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_every_script_comes_out_of_every_format_as_it_went_in(read, kind: str, script: str, form: str) -> None:  # type: ignore[no-untyped-def]
    if (kind, script) == ("pdf", "Adlam"):
        pytest.skip("pypdf does not know that Adlam runs from the right")
    name, make = FORMATS[kind]
    wanted = [unicodedata.normalize("NFC", line) for line in LINES[script]]
    made = read(name, make([unicodedata.normalize(form, line) for line in LINES[script]]))
    lines = [line.removeprefix("S1: ").strip() for text in made.texts for line in normalise(text).text.splitlines()]
    assert [line for line in lines if line in wanted] == wanted, lines
    assert [line for line in lines if line and line not in (*wanted, "T", "hm")] == []


def test_every_reader_is_made_here() -> None:
    import io

    from mbegu.corpus.readers.sniff import format_by_content
    from mbegu.corpus.source import Source

    tried = set()
    for name, make in FORMATS.values():
        content = make(LINES["Yoruba"])
        data = content.encode() if isinstance(content, str) else content
        source = Source(name, len(data), lambda data=data: io.BytesIO(data))  # type: ignore[misc]
        tried.add(format_by_content(source, READERS[source.suffix]))
    assert set(READERS.values()) - tried == NOT_MADE_HERE | {"xml"}  # XML of no known kind is not read


# Letters with their marks and joiners, or one sign of punctuation; the words of scripts without spaces are cut where the space would be.
_TOKEN = re.compile(r"[^\W_](?:[^\s.,:;!?،؛؟۔።፣፤፧፡፨।॥၊။។៖߸߹⹁⹀꘎]|-(?=\w))*|\S")


@pytest.mark.parametrize("script", LINES)
@pytest.mark.parametrize("name", ["train.txt", "a.conll", "a.tsv"])
def test_tokens_are_joined_back_as_each_script_writes_them(read, script: str, name: str) -> None:  # type: ignore[no-untyped-def]
    lines = [line.replace(" ", "") if script in ("Khmer", "Burmese") else line for line in LINES[script]]
    gap = "\t" if name.endswith(".tsv") else " "
    sentences = [[*_TOKEN.findall(line)] for line in lines]
    content = "\n".join("".join(f"{token}{gap}O\n" for token in tokens) for tokens in sentences * 3) + "\n"
    made = read(name, content)
    assert made.texts[0].splitlines() == [line.replace("፡", "፡ ") for line in lines] * 3
    assert made.findings.formats == {"conll": 1}


def test_words_of_scripts_without_spaces_are_joined_without() -> None:
    assert joined(["កុមារ", "ទៅ", "សាលា", "។"]) == "កុមារទៅសាលា។"
    assert joined(["ကလေး", "သည်", "။"]) == "ကလေးသည်။"
    assert joined(["Ọmọ", "ń", "lọ"]) == "Ọmọ ń lọ"
