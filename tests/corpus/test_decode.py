from __future__ import annotations

import io
import random

import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.decode import decode, decode_bytes, detect
from mbegu.corpus.findings import BINARY, Findings, ReadError
from mbegu.corpus.source import Source


def source(data: bytes) -> Source:
    return Source("a.txt", len(data), lambda: io.BytesIO(data))


def decoded(data: bytes, fallback: str = "") -> tuple[str, str]:
    findings = Findings()
    text = decode_bytes(data, findings, "a.txt", fallback)
    return text, next(iter(findings.encodings))


@pytest.mark.parametrize("language", list(WORDS))
@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-16-le", "UTF-16-LE without byte order mark"),
        ("utf-16-be", "UTF-16-BE without byte order mark"),
    ],
)
def test_unicode_in_every_form_is_told_and_read(language: str, codec: str, label: str) -> None:
    text = story(1, language)
    assert decoded(text.encode(codec)) == (text, label)


def test_western_text_that_is_not_unicode_is_guessed_and_called_a_guess() -> None:
    text = "Les élèves de l’école où j'ai étudié à Dakar étaient déjà préparés, ça va.\n" * 3
    assert decoded(text.encode("cp1252")) == (text, "cp1252 (guessed)")


def test_text_in_another_code_page_is_read_as_the_recipe_says() -> None:
    text = "هذا نص عربي طويل للاختبار في المدرسة\n" * 5
    assert decoded(text.encode("cp1256"), "cp1256") == (text, "cp1256 (as the recipe or the file says)")


def test_a_code_page_with_other_letters_is_not_taken_for_western() -> None:
    text = "Это русский текст для проверки кодировки, и он достаточно длинный.\n" * 5
    assert decoded(text.encode("cp1251"))[0] == text


def test_lines_of_two_encodings_are_each_read_in_their_own() -> None:
    lines = [f"Ọjọ́ kẹ́ta {i} ẹ̀wà" if i % 3 else f"Où est l'élève {i}, déjà?" for i in range(30)]
    data = b"\n".join(line.encode("utf-8" if i % 3 else "cp1252") for i, line in enumerate(lines))
    text, label = decoded(data)
    assert text.split("\n") == lines
    assert label == "UTF-8 mixed with cp1252 (guessed)"


def test_broken_places_in_utf8_are_replaced_and_counted() -> None:
    data = bytearray(story(3).encode("utf-8"))
    place = data.index("ọ".encode())
    data[place] = 0xFF
    text, label = decoded(bytes(data))
    assert "\ufffd" in text
    assert label.startswith("UTF-8, broken in ")
    assert len(text) > 0.9 * len(story(3))


def test_a_character_cut_off_at_the_end_costs_only_itself() -> None:
    text = story(3) + "ọ"
    result, _ = decoded(text.encode("utf-8")[:-1])
    assert result == story(3) + "\ufffd"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, random.Random(1).randbytes(5000), b"\x89PNG\r\n\x1a\n" + bytes(500), b"\x01\x02\x03\x04" * 100]
)
def test_binary_data_with_a_text_name_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError, match="the name says text") as caught:
        detect(source(data))
    assert caught.value.reason == BINARY


def test_a_pdf_with_a_text_name_is_named() -> None:
    with pytest.raises(ReadError, match=r"this is a PDF: give it its right ending"):
        detect(source(b"%PDF-1.7\n..."))


def test_zeros_that_a_power_cut_left_do_not_make_text_binary() -> None:
    text, label = decoded(story(5).encode("utf-8") + bytes(40))
    assert text.rstrip("\0") == story(5)
    assert label == "UTF-8 with zero bytes, which were removed"


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_line_ends_become_one(ends: str) -> None:
    assert decoded(ends.join(["ọ", "b", "ẹ"]).encode())[0] == "ọ\nb\nẹ"


def test_a_line_longer_than_the_buffer_keeps_every_character_when_it_is_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.corpus.decode.LINE_BYTES", 100)
    text = "ẹ̀wà ọ̀rọ̀ " * 200
    data = text.encode() + b"\n" + "déjà vu cet été\n".encode("cp1252") * 3
    findings = Findings()
    assert "".join(decode(source(data), findings)) == text + "\n" + "déjà vu cet été\n" * 3


WORDS_WITHOUT_BLANKS = {
    "Tibetan": "བོད་ཀྱི་སྐད་ཡིག་ནི་ཧ་ཅང་ཡག་པོ་ཡོད། ང་ཚོས་སྐད་ཡིག་སློབ་སྦྱོང་བྱེད་ཀྱི་ཡོད།\n",
    "Ge'ez word spaces": "ሰላም፡ለኩልክሙ፡ወለኵሉ፡ዓለም።ልጆቹ፡ትናንት፡መጻሕፍት፡አነበቡ።\n",
    "Khmer with zero-width spaces": "កុមារ\u200bទៅ\u200bសាលារៀន\u200bនៅ\u200bពេល\u200bព្រឹក។\n",
    "Burmese": "ကလေးများသည် မနက်တိုင်း ကျောင်းသွားကြသည်။\n",
    "Oriya": "ଏଠାରେ ଏକ ବଡ଼ ଗଛ ଅଛି, ଏବଂ ଏହା ସୁନ୍ଦର।\n",
    "Dzongkha shads": "༄༅། །རྫོང་ཁ་༎ ང་བཅས་ཀྱི་༑ སྐད་ཡིག་༔\n",
}


@pytest.mark.parametrize("script", list(WORDS_WITHOUT_BLANKS))
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("named", ["", "utf-16", "cp1252"])
def test_text_parted_by_signs_is_told_without_a_mark(script: str, codec: str, named: str) -> None:
    text = WORDS_WITHOUT_BLANKS[script] * 5
    assert decoded(text.encode(codec), named)[0] == text


@pytest.mark.parametrize("text", ["བོད་ཀྱི་སྐད་ཡིག་ནི་ཧ་ཅང་ཡག་པོ་ཡོད།", "ሰላም፡ለኩልክሙ፡ወለኵሉ፡ዓለም።"])
def test_text_without_any_blank_is_read_by_the_name_of_its_encoding(text: str) -> None:
    with pytest.raises(ReadError, match=r'if it is text, name its encoding: encoding = "utf-16-le" under \[corpus\], or --encoding'):
        detect(source(text.encode("utf-16-le")))
    assert decoded(text.encode("utf-16-le"), "UTF-16LE") == (text, "UTF-16-LE (as the recipe or the file says)")
    assert decoded(text.encode("utf-16-be"), "utf-16-be") == (text, "UTF-16-BE (as the recipe or the file says)")


def test_the_name_of_a_wide_encoding_changes_no_file_that_is_in_another() -> None:
    assert decoded("Ọjọ́ dára.".encode(), "utf-16-le") == ("Ọjọ́ dára.", "UTF-8")
    assert decoded(b"plain letters of ASCII", "utf-16-le") == ("plain letters of ASCII", "UTF-8")
    western = "Les élèves de l’école étaient déjà préparés, ça va.\n" * 3
    assert decoded(western.encode("cp1252"), "utf-16-le") == (western, "cp1252 (guessed)")
    text = story(1)
    assert decoded(text.encode("utf-16-le"), "utf-16-be") == (text, "UTF-16-LE without byte order mark")
    with pytest.raises(ReadError, match=r"none that is known, nor by utf-16-le: if it is text"):
        detect(source(b"\x89PNG\r\n\x1a\n" + bytes(500)), "utf-16-le")
