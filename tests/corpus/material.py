"""Text and files that the tests of the corpus are made of."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable, Mapping

_WORDS = {
    "yor": "ọ̀rọ̀ ilé ọmọ wọ́n ń lọ sí ọjà láti ra iṣu àti ẹ̀wà ní àárọ̀ òní bàbá mi sọ fún wa pé òjò ti rọ̀ lánàá ẹyẹ igi omi",
    "amh": "ሰላም ልጆች ትምህርት ቤት ዛሬ ወደ ገበያ ሄዱ እናት ቡና አፈላች ዝናብ ዘነበ መጽሐፍ አንበበ ውሃ ዛፍ ወፍ ቤተሰብ ከተማ መንገድ",
    "nqo": "ߒߞߏ ߞߊ߲ ߛߓߍ ߘߋ߲ ߟߎ߬ ߓߘߊ߫ ߕߊ߯ ߞߊ߬ߙߊ߲ ߓߏ߲ ߞߣߐ߫ ߖߌ ߦߌߙߌ ߞߐ߬ߣߐ ߛߏ ߛߌߟߊ ߝߊ ߓߊ ߡߐ߱ ߛߣߍ ߘߎ߱",
    "ara": "الكتاب الأولاد ذهبوا إلى المدرسة اليوم السوق المطر الأم القهوة الماء شجرة طائر العائلة المدينة الطريق بيت كبير",
    "khm": "ភាសា ខ្មែរ កុមារ ទៅ សាលា ថ្ងៃនេះ ផ្សារ ភ្លៀង ម្តាយ កាហ្វេ ទឹក ដើមឈើ បក្សី គ្រួសារ ទីក្រុង ផ្លូវ ផ្ទះ ធំ",
}
WORDS = {language: words.split() for language, words in _WORDS.items()}
ENDS = {"amh": "። ", "nqo": "߹ ", "ara": ". ", "khm": "។ "}


def sentence(seed: int, language: str = "yor", words: int = 9) -> str:
    """Return a sentence of words in an order that the seed decides."""
    chosen = random.Random(f"{language}{seed}")
    return " ".join(chosen.choice(WORDS[language]) for _ in range(words)) + f" {seed}" + ENDS.get(language, ". ").rstrip()


def story(seed: int, language: str = "yor", sentences: int = 8) -> str:
    """Return a text of some lines; texts of different seeds share no long span."""
    return "\n".join(sentence(seed * 1000 + i, language) for i in range(sentences)) + "\n"


def stories(count: int, first: int = 0, language: str = "yor") -> dict[str, str]:
    """Return that many different texts as files."""
    return {f"story-{i:04}.txt": story(i, language) for i in range(first, first + count)}


def zipped(members: Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of the members as bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def docx(paragraphs: Iterable[str], doctype: str = "") -> bytes:
    """Return a Word document; ``doctype`` goes before its root."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    xml = f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml})


def odt(body: str, doctype: str = "") -> bytes:
    """Return an OpenDocument text with this content inside ``office:text``."""
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content {names}><office:body><office:text>{body}'
        "</office:text></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": xml})


def epub(chapters: Mapping[str, str], order: Iterable[str], doctype: str = "", extra: Mapping[str, str] | None = None) -> bytes:
    """Return a book: ``chapters`` maps file names to the content of their bodies, ``order`` is the spine."""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in chapters)
    spine = "".join(f'<itemref idref="{name}"/>' for name in order)
    package = f'{doctype}<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    pages = {
        f"OEBPS/{name}": f'<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>{body}</body></html>'
        for name, body in chapters.items()
    }
    return zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package, **pages, **(extra or {})})


def pdf(text: str, password: str = "") -> bytes:
    """Return a PDF of one page with a line of Latin text, locked where a password is given."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(width=600, height=300)
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")})
    font[NameObject("/BaseFont")] = NameObject("/Helvetica")
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})})
    content = DecodedStreamObject()
    lines = " ".join(f"({line}) Tj T*" for line in text.splitlines())
    content.set_data(f"BT /F1 12 Tf 14 TL 20 270 Td {lines} ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


BILLION_LAUGHS = (
    '<!DOCTYPE bomb [<!ENTITY a "hahahahahaha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)
