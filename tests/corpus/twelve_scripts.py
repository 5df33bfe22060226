"""Lines in thirteen scripts, written for these tests, and what holds them: one maker a format that is read."""

from __future__ import annotations

import bz2
import gzip
import html
import io
import json
import lzma
import unicodedata
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from tests.corpus.material import docx, epub, odt, zipped

LINES = {
    "Yoruba": ["Ọmọ náà ń kọ́ ẹ̀kọ́ ní ilé-ìwé.", "Ó ra ẹ̀wà àti iṣu lọ́jà, ó sì padà sílé."],
    "Latin with hooks": ["Ɓauna ta sha ruwa a ƙauye, ɗan yaro ya gani.", "Ɔ́kyɛrɛ́ sɛ: mékɔ́ fie, ŋútsu lá ɖe kúkú."],
    "Amharic": ["ልጆቹ ትናንት ፳፻፲፭ መጻሕፍት አነበቡ።", "ሰላም፣ እንዴት ነህ፤ ቡና ጠጣህ፧"],
    "Ge'ez word spaces": ["ሰላም፡ለኩልክሙ፡ወለኵሉ፡ዓለም።", "፩፡፪፡፫፡ቤት፡መጽሐፍ፨"],
    "N'Ko": ["ߒ ߓߍ߫ ߕߊ߯ ߛߎ߯ߘߐ߫߸ ߞߊ߬ ߖߌ ߛߊ߲߬.", "ߘߋ߲ߡߌߛߍ߲ ߠߎ߬ ߓߘߊ߫ ߞߊ߬ߙߊ߲ ߞߍ߫߹"],
    "Ajami": ["يَارَا سُنْ تَفِ كَسُوَا، سُنْ سَيِ ڢِتِيلَ.", "اُوَا تَ طَڢَ أَبِنْثِ؛ ڢِيرِ نَاوَ نٜ؟"],
    "Khmer": ["កុមារទៅសាលារៀននៅពេលព្រឹក។", "ម្តាយទិញត្រី និងបន្លែ៖ ឆ្ងាញ់ណាស់ៗ។"],
    "Adlam": ["𞤅𞤵𞤳𞤢𞤦𞤫 𞤣𞤫𞤲 𞤲𞤶𞤢𞤸𞤭𞥅 𞤶𞤢𞤲𞤺𞤵𞤪𞤣𞤫.", "𞤐𞤢𞤺𞤢𞥄𞤶𞤭 𞤣𞤭𞤲 𞤴𞤢𞤪𞤭𞥅 𞤲𞤣𞤭𞤴𞤢𞤥⹁ 𞤦𞤢𞥄𞤯𞤢 𞥑𞥒𞥓"],
    "Tifinagh": ["ⴰⵔⵔⴰⵡ ⴷⴷⴰⵏ ⵖⵔ ⵜⵉⵏⵎⵍ ⴰⵙⵙⴰ.", "ⵢⵉⵡⵉ ⵓⵔⴳⴰⵣ ⴰⵎⴰⵏ ⵙⴳ ⵓⵏⵓ, ⵢⴰⵡⵉ ⵜⵏ ⵖⵔ ⵜⴰⴷⴷⴰⵔⵜ."],
    "Devanagari": ["केटाकेटीहरू बिहान विद्यालय जान्छन्।", "आमाले तरकारी किन्नुभयो; क्‍या मिठो छ!"],
    "Burmese": ["ကလေးများသည် မနက်တိုင်း ကျောင်းသွားကြသည်။", "အမေသည် ငါး၊ ဟင်းသီးဟင်းရွက် ဝယ်သည်။"],
    "Vai": ["ꕉꕜꕮ ꔔꘋ ꖸ ꔰ ꗋꘋ ꕮꕨ ꔔꘋ ꖸ ꕎ ꕉꖸꕊ.", "ꕉꕌꖝ ꗪ ꕉꖷꘋ ꗳꕮꕊ ꗏ ꕪꖃ꘎"],
    "Urdu nastaliq": ["بچّے صبح سکول جاتے ہیں۔", "ماں نے سبزی خریدی، پھر گھر آ گئی۔"],
}  # fmt: skip


def pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF whose font maps each glyph to a character, as programs write any script; one line each, drawn from the left in any script."""
    from pypdf import PdfWriter
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, TextStringObject

    lines = [line[::-1] if unicodedata.bidirectional(line[0]) in ("R", "AL") else line for line in lines]
    signs = sorted(set("".join(lines)))
    code = {sign: i + 1 for i, sign in enumerate(signs)}
    pairs = "\n".join(f"<{code[sign]:04X}> <{sign.encode('utf-16-be').hex()}>" for sign in signs)
    mapping = DecodedStreamObject()
    mapping.set_data(f"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange {len(signs)} beginbfchar\n{pairs}\nendbfchar endcmap".encode())
    writer = PdfWriter()
    page = writer.add_blank_page(width=900, height=300)
    name, number = NameObject, NumberObject
    system = {
        name("/Registry"): TextStringObject("Adobe"),
        name("/Ordering"): TextStringObject("Identity"),
        name("/Supplement"): number(0),
    }
    descendant = DictionaryObject({name("/Type"): name("/Font"), name("/Subtype"): name("/CIDFontType2"), name("/BaseFont"): name("/Any")})
    descendant[name("/CIDSystemInfo")] = DictionaryObject(system)
    descendant[name("/DW")] = number(500)
    font = DictionaryObject({name("/Type"): name("/Font"), name("/Subtype"): name("/Type0"), name("/BaseFont"): name("/Any")})
    font[name("/Encoding")] = name("/Identity-H")
    font[name("/DescendantFonts")] = ArrayObject([writer._add_object(descendant)])
    font[name("/ToUnicode")] = writer._add_object(mapping)
    page[name("/Resources")] = DictionaryObject({name("/Font"): DictionaryObject({name("/F1"): font})})
    shown = " ".join(f"<{''.join(f'{code[sign]:04X}' for sign in line)}> Tj T*" for line in lines)
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 14 TL 20 270 Td {shown} ET".encode())
    page[name("/Contents")] = writer._add_object(content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def parquet(lines: Sequence[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"text": list(lines)}), out)
    return out.getvalue()


def whatsapp(lines: Sequence[str]) -> str:
    return "31/12/2025, 21:15 - Ada: hm\n" + "".join(f"31/12/2025, 21:{i + 16} - Ada: {line}\n" for i, line in enumerate(lines))


def telegram(lines: Sequence[str]) -> str:
    messages = [
        {"id": i, "type": "message", "date": "2025-12-31T21:15:00", "from": "Ada", "from_id": "user1", "text": line} for i, line in enumerate(lines)
    ]
    return json.dumps({"name": "x", "type": "personal_chat", "id": 1, "messages": messages})


def srt(lines: Sequence[str]) -> str:
    return "".join(f"{i + 1}\n00:00:0{i},000 --> 00:00:0{i},900\n{line}\n\n" for i, line in enumerate(lines))


def vtt(lines: Sequence[str]) -> str:
    return "WEBVTT\n\n" + "".join(
        f"00:0{i}.000 --> 00:0{i}.900 line:0\n<v Ada>{html.escape(line, quote=False)}</v>\n\n" for i, line in enumerate(lines)
    )


def stm(lines: Sequence[str]) -> str:
    return ";; a remark\n" + "".join(f"file 1 ada {i}.0 {i}.9 <o,f0,female> [r] {line} %hum\n" for i, line in enumerate(lines))


def textgrid(lines: Sequence[str]) -> str:
    times = "            xmin = {}\n            xmax = {}\n"
    labels = "".join(f'        intervals [{i + 1}]:\n{times.format(i, i + 1)}            text = "{line}"\n' for i, line in enumerate(lines))
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 9\ntiers? <exists>\nsize = 1\nitem []:\n    item [1]:\n'
    tier = f'        class = "IntervalTier"\n        name = "turns"\n        xmin = 0\n        xmax = 9\n        intervals: size = {len(lines)}\n'
    return head + tier + labels


def short_textgrid(lines: Sequence[str]) -> bytes:
    labels = "".join(f'{i}\n{i + 1}\n"{line}"\n' for i, line in enumerate(lines))
    head = f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n9\n<exists>\n1\n"IntervalTier"\n"turns"\n0\n9\n{len(lines)}\n'
    return (head + labels).encode("utf-16")


def eaf(lines: Sequence[str]) -> str:
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="t{i}" TIME_VALUE="{1000 * i}"/>' for i in range(len(lines) + 1))
    labels = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{i}" TIME_SLOT_REF1="t{i}" TIME_SLOT_REF2="t{i + 1}"><ANNOTATION_VALUE>{escape(line)}'
        "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
        for i, line in enumerate(lines)
    )
    return f'<ANNOTATION_DOCUMENT><TIME_ORDER>{slots}</TIME_ORDER><TIER TIER_ID="turns" LINGUISTIC_TYPE_REF="t">{labels}</TIER></ANNOTATION_DOCUMENT>'


def tmx(lines: Sequence[str]) -> str:
    units = "".join(f'<tu><tuv xml:lang="qaa"><seg>{escape(line)}</seg></tuv></tu>' for line in lines)
    return f'<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header/><body>{units}</body></tmx>'


def po(lines: Sequence[str]) -> str:
    quoted = [line.replace('"', '\\"') for line in lines]
    return 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n' + "".join(
        f'#: a.c:{i}\nmsgid "m{i}"\nmsgstr "{line}"\n\n' for i, line in enumerate(quoted)
    )


def mediawiki(lines: Sequence[str]) -> str:
    text = "\n\n".join(escape(line) for line in lines)
    return f'<mediawiki xml:lang="xx"><page><title>T</title><ns>0</ns><revision><text>{text}</text></revision></page></mediawiki>'


def udhr(lines: Sequence[str]) -> str:
    return f"<udhr iso639-3='qaa' xmlns='http://efele.net/udhr'><article>{''.join(f'<para>{escape(line)}</para>' for line in lines)}</article></udhr>"


def wikipage(lines: Sequence[str]) -> str:
    return 'title:\nT\n\nurl:\nhttps://example.org/T\n\ntext:\n"' + "\n".join(lines) + '"\n'


def conllu(lines: Sequence[str]) -> str:
    return "".join(f"# text = {line}\n1\t{line.split()[0]}\t_\tX\t_\t_\t0\troot\t_\t_\n\n" for line in lines)


def html_page(lines: Sequence[str]) -> str:
    return f"<html><body><nav><a href='/'>x</a></nav>{''.join(f'<p>{html.escape(line)}</p>' for line in lines)}</body></html>"


def html_table(lines: Sequence[str]) -> str:
    return f"<table>{''.join(f'<tr><th>{i}</th><td>{html.escape(line)}</td></tr>' for i, line in enumerate(lines))}</table>"


def joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)


FORMATS: dict[str, tuple[str, Callable[[Sequence[str]], bytes | str]]] = {
    "text": ("a.txt", joined),
    "utf-16": ("a.txt", lambda lines: joined(lines).encode("utf-16")),
    "markdown": ("a.md", lambda lines: "# T\n\n" + "\n\n".join(f"**{line}**" for line in lines)),
    "jsonl": ("a.jsonl", lambda lines: "".join(json.dumps({"text": line}) + "\n" for line in lines)),
    "json": ("a.json", lambda lines: json.dumps([{"text": line} for line in lines], ensure_ascii=False)),
    "csv": ("a.csv", lambda lines: "n,t\n" + "".join(f'{i},"{line}"\n' for i, line in enumerate(lines))),
    "tsv": ("a.tsv", lambda lines: "n\tt\n" + "".join(f"{i}\t{line}\n" for i, line in enumerate(lines))),
    "parquet": ("a.parquet", parquet),
    "html": ("a.html", html_page),
    "html table": ("a.html", html_table),
    "xhtml": ("a.xml", html_page),
    "docx": ("a.docx", lambda lines: docx([escape(line) for line in lines])),
    "odt": ("a.odt", lambda lines: odt(paragraphs(lines))),
    "epub": ("a.epub", lambda lines: epub({"c.xhtml": "".join(f"<p>{escape(line)}</p>" for line in lines)}, ["c.xhtml"])),
    "pdf": ("a.pdf", pdf),
    "zip": ("a.zip", lambda lines: zipped({"x/a.txt": joined(lines)})),
    "bz2": ("a.txt.bz2", lambda lines: bz2.compress(joined(lines).encode())),
    "gz": ("a.txt.gz", lambda lines: gzip.compress(joined(lines).encode())),
    "xz": ("a.txt.xz", lambda lines: lzma.compress(joined(lines).encode())),
    "whatsapp": ("_chat.txt", whatsapp),
    "telegram": ("result.json", telegram),
    "srt": ("a.srt", srt),
    "vtt": ("a.vtt", vtt),
    "stm": ("a.stm", stm),
    "textgrid": ("a.TextGrid", textgrid),
    "short textgrid, utf-16": ("a.TextGrid", short_textgrid),
    "eaf": ("a.eaf", eaf),
    "eaf as xml": ("a.xml", eaf),
    "tmx": ("a.tmx", tmx),
    "po": ("a.po", po),
    "mediawiki": ("a.xml", mediawiki),
    "mediawiki.bz2": ("a.xml.bz2", lambda lines: bz2.compress(mediawiki(lines).encode())),
    "udhr": ("a.xml", udhr),
    "wikipage": ("a.txt", wikipage),
    "conllu": ("a.conllu", conllu),
}
