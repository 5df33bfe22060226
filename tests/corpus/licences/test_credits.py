"""Attribution: title, author, source, licence; nothing that a giver writes can break the page."""

from __future__ import annotations

from mbegu.core.documents import Document
from mbegu.corpus.licences import attribution, credits_of

META = {"title": "Ìtàn ìjàpá", "author": "Àdùkẹ́ Bello", "credit_source": "Radio Kibao", "url": "https://example.org/a (1)"}


def documents() -> list[Document]:
    return [
        Document("1", "ọ̀rọ̀ " * 40, "yor", "a/x.txt", "CC-BY-4.0", "Ada", META),
        Document("2", "ọ̀rọ̀ " * 40, "yor", "a/y.txt#3", "CC-BY-4.0", "Ada", META),
        Document("3", "ọ̀rọ̀", "yor", "b/y.txt", "unknown", "Ben [x](http://bad)"),
    ]


def test_one_line_a_work_the_largest_first() -> None:
    found = credits_of(documents())
    assert [each.title for each in found] == ["Ìtàn ìjàpá", "b"]
    assert found[0].bytes == sum(len(each.text.encode()) for each in documents()[:2])


def test_plain_text_and_markdown() -> None:
    found = credits_of(documents())
    assert (
        "- “Ìtàn ìjàpá” (https://example.org/a%20%281%29) by Àdùkẹ́ Bello, from Radio Kibao, Creative Commons Attribution 4.0 International"
        " (https://creativecommons.org/licenses/by/4.0/legalcode).\n"
    ) in attribution(found)
    markdown = attribution(found, markdown=True)
    assert "- [“Ìtàn ìjàpá”](https://example.org/a%20%281%29) by Àdùkẹ́ Bello" in markdown
    assert r"by Ben \[x\](http://bad), no licence is known." in markdown


def test_no_title_address_or_giver_begins_a_line_of_its_own() -> None:
    forged = "a\n- “Mine” by Mallory\x1b[2J"
    document = Document("1", "ọ̀rọ̀", "yor", "a.txt", f"MIT{forged}", forged, {"title": forged, "url": f"https://x/{forged}", "credit_source": forged})
    for markdown in (False, True):
        text = attribution(credits_of([document]), markdown)
        assert text.count("\n- ") == 1
        assert "\x1b" not in text
