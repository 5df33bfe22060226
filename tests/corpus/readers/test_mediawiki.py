from __future__ import annotations

import bz2
from xml.sax.saxutils import escape

import pytest

from mbegu.corpus.readers.wikitext import heading, prose

MARKUP = """{{Infobox ìlú|orúkọ={{lang|yo|Ìbàdàn}}
|àwòrán=[[File:a.jpg|thumb]]}}
'''Ìbàdàn''' ({{IPA|x}}) jẹ́ [[ìlú]] ní [[Ìpínlẹ̀ Ọ̀yọ́|ìpínlẹ̀ Ọ̀yọ́]]<ref name="a">Ìwé [[x]]</ref>, ''Nàìjíríà''.<ref name="a" />
[[Fáìlì:ìlú.jpg|thumb|Àwòrán [[ìlú]] náà]] [https://a.org Ojúewé] [https://b.org] &amp; [[en:Ibadan]][[Category:Ìlú]][[Ẹ̀ka:Ìlú]]

== Ìtàn ==
{| class="wikitable"
|-
| 1 || 2
{|
| inú
|}
|}
* Ọdún 1829
** Ogun
:# àti ''bẹ́ẹ̀''
----
=== Àwọn òfo ===
{{Main|x}}
== Ìtọ́kasí ==
<references />
__NOTOC__
"""

PROSE = "Ìbàdàn jẹ́ ìlú ní ìpínlẹ̀ Ọ̀yọ́, Nàìjíríà.\nOjúewé &\n\nÌtàn\nỌdún 1829\nOgun\nàti bẹ́ẹ̀"


def page(title: str, text: str, ns: int = 0, more: str = "") -> str:
    return f"<page><title>{title}</title><ns>{ns}</ns>{more}<revision><id>1</id><text xml:space='preserve'>{escape(text)}</text></revision></page>"


def dump(*pages: str) -> str:
    spaces = (
        "<siteinfo><namespaces><namespace key='0'/><namespace key='6'>Fáìlì</namespace><namespace key='14'>Ẹ̀ka</namespace></namespaces></siteinfo>"
    )
    return f"<mediawiki xmlns='http://www.mediawiki.org/xml/export-0.11/' xml:lang='yo'>{spaces}{''.join(pages)}</mediawiki>"


def test_markup_becomes_prose() -> None:
    import unicodedata

    made = prose(MARKUP, {"fáìlì", "ẹ̀ka"})
    assert [line for line in made.split("\n") if line] == [line for line in PROSE.split("\n") if line]
    assert unicodedata.is_normalized("NFC", made) == unicodedata.is_normalized("NFC", MARKUP)


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("{{òfo\nọ̀rọ̀ tó kù\n\nìpín kejì", "ìpín kejì"),
        ("ọ̀rọ̀ [[ìjápọ̀ tí kò parí", "ọ̀rọ̀ ìjápọ̀ tí kò parí"),
        ("ọ̀rọ̀ }} kan ]] àti |} méjì", "ọ̀rọ̀  kan  àti |} méjì"),
        ("{| class=x\n| a\n\nìpín kejì", "ìpín kejì"),
        ("<ref>tí kò parí\n\nìpín kejì", "ìpín kejì"),
        ("[[a|b [[d|e]] }}", "b e"),
        ("<!-- kò parí ọ̀rọ̀", ""),
        ("#REDIRECT", "REDIRECT"),
        ("[[Lama (ẹranko)|]] àti [[:Category:Ẹranko]]", "Lama àti Category:Ẹranko"),
        ("ß<br>ọ̀<br/>rọ̀", "ß\nọ̀\nrọ̀"),
    ],
)
def test_markup_that_is_left_open_costs_no_more_than_its_paragraph(markup: str, wanted: str) -> None:
    assert prose(markup).replace("  ", " ") == wanted.replace("  ", " ")


@pytest.mark.parametrize("bomb", ["{{", "[[", "[[a|", "<ref>", "{|\n", "[http://", "<!--", "'", "( ", "== a ==\n", "[[a]] {{", "}}", "{{a}}"])
def test_markup_bombs_take_little_time(bomb: str) -> None:
    import time

    start = time.process_time()
    prose(bomb * (1_000_000 // len(bomb)))
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("== Ìtàn ==", (2, "Ìtàn")),
        ("  =Ìtàn=\u00a0", (1, "Ìtàn")),
        ("=== Ìtàn ==", (2, "= Ìtàn")),
        ("== Ìtàn ===", (2, "Ìtàn =")),
        ("======= Ìtàn =======", (6, "= Ìtàn =")),
        ("===", (1, "=")),
        ("== Ìtàn", (0, "== Ìtàn")),
        ("=", (0, "=")),
        ("", (0, "")),
        ("=" + " " * 100_000 + "x", (0, "=" + " " * 100_000 + "x")),
        ("=" * 100_000 + "x", (0, "=" * 100_000 + "x")),
        ("= " * 50_000 + "x", (0, "= " * 50_000 + "x")),
    ],
)
def test_headings_are_told_by_the_signs_at_both_ends(line: str, wanted: tuple[int, str]) -> None:
    assert heading(line) == wanted


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("[[a" + " " * 100_000 + "b|]]", "a b"),
        ("[https://" + "a" * 100_000, "[https://" + "a" * 100_000),
        ("[https://a.org/" + "a" * 1900 + " Ojúewé]", "Ojúewé"),
        ("[[Lama (ẹranko) (|]]", "Lama (ẹranko) ("),
    ],
)
def test_links_without_end_end(markup: str, wanted: str) -> None:
    assert prose(markup) == wanted


@pytest.mark.parametrize("name", ["a.xml", "a.xml.bz2"])
def test_articles_alone_are_read_with_their_titles_as_places(read, name: str) -> None:  # type: ignore[no-untyped-def]
    xml = dump(
        page("Ìbàdàn", MARKUP),
        page("Ọ̀rọ̀:Ìbàdàn", "ọ̀rọ̀", 1),
        page("Èkó", "ọ̀rọ̀", more="<redirect title='Lagos'/>"),
        page("Ọ̀yọ́", "#ÀTÚNJÚWE [[Ìlú]]"),
        page("Òfo", "{{stub}}"),
        page("Ìlú", "ìlú ni."),
    )
    made = read(name, bz2.compress(xml.encode()) if name.endswith("bz2") else xml)
    assert made.places == [f"{name}#Ìbàdàn", f"{name}#Ìlú"]
    assert made.texts[1] == "Ìlú\n\nìlú ni.\n"
    assert [line for line in made.texts[0].split("\n") if line] == ["Ìbàdàn", *(line for line in PROSE.split("\n") if line)]
    assert made.findings.notes[-1] == (name, "4 pages were passed over: redirects, other namespaces, or no prose")


def test_articles_before_the_damage_are_given(read) -> None:  # type: ignore[no-untyped-def]
    import io

    from mbegu.corpus.findings import DAMAGED, Findings, ReadError
    from mbegu.corpus.readers import read_source
    from mbegu.corpus.readers.context import Context
    from mbegu.corpus.settings import CorpusSettings
    from mbegu.corpus.source import Source

    xml = dump(*(page(f"T{i}", "ìlú ni. " * 200) for i in range(200)))
    data = xml.encode()[: len(xml.encode()) // 2]
    texts = read_source(Source("a.xml", len(data), lambda: io.BytesIO(data)), Context(CorpusSettings(), Findings()))
    assert next(iter(texts)).place == "T0"
    with pytest.raises(ReadError) as caught:
        list(texts)
    assert caught.value.reason == DAMAGED
