from __future__ import annotations

import pytest

PO = r"""# Ìtumọ̀
msgid ""
msgstr ""
"Language: yo\n"
"Content-Type: text/plain; charset=UTF-8\n"

#: a.c:1
#, c-format
msgid "Open %s"
msgstr "Ṣí %s"

#, fuzzy
msgid "Close"
msgstr "Ṣí"

msgctxt "menu"
msgid "Save {name}"
msgstr ""
"Fi {name} pamọ́ "
"sí \"ibí\"\n"

msgid "One file"
msgid_plural "%d files"
msgstr[0] "Fáìlì kan"
msgstr[1] "Fáìlì %d"

msgid "OK"
msgstr "OK"

msgid "Untranslated"
msgstr ""

#~ msgid "Old"
#~ msgstr "Àtijọ́"
"""


def test_translations_alone_are_given_with_their_place_holders(read) -> None:  # type: ignore[no-untyped-def]
    made = read("yo.po", PO)
    assert made.texts == ['Ṣí %s\nFi {name} pamọ́ sí "ibí"\nFáìlì kan\nFáìlì %d\n']
    assert made.findings.notes == [("yo.po", "2 translations that are marked fuzzy or are the same as the original were left out")]


def test_the_charset_of_an_old_file_is_used(read) -> None:  # type: ignore[no-untyped-def]
    po = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=iso-8859-2\\n"\n\nmsgid "a"\nmsgstr "Zażółć gęślą jaźń, łódź i ćma"\n'
    assert read("pl.po", po.encode("iso-8859-2")).texts == ["Zażółć gęślą jaźń, łódź i ćma\n"]


@pytest.mark.parametrize("named", ["undefined", "hex", "utf-16", "CHARSET"])
def test_a_charset_that_the_file_cannot_be_in_is_not_believed(read, named: str) -> None:  # type: ignore[no-untyped-def]
    po = f'msgid ""\nmsgstr "Content-Type: text/plain; charset={named}\\n"\n\nmsgid "a"\nmsgstr "Café à côté"\n'
    assert read("fr.po", po.encode("cp1252")).texts == ["Café à côté\n"]
