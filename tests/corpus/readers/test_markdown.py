from __future__ import annotations

import pytest

from mbegu.corpus.readers.markdown import plain

CASES = {
    "# Àlọ́ ìjàpá\n": "Àlọ́ ìjàpá\n",
    "## Àlọ́ ##\n": "Àlọ́\n",
    "##\n": "\n",
    "* iṣu\n": "iṣu\n",
    "- [x] ẹ̀wà\n": "ẹ̀wà\n",
    "> ọ̀rọ̀\n": "ọ̀rọ̀\n",
    "**ọmọ** àti *ilé* ~~rárá~~\n": "ọmọ àti ilé rárá\n",
    "***ọmọ***\n": "ọmọ\n",
    "snake_case_name stays\n": "snake_case_name stays\n",
    "2 * 3 * 4\n": "2 * 3 * 4\n",
    "[ilé](http://x.org/a) mi\n": "ilé mi\n",
    "![àwòrán](a.png) ìyá\n": "àwòrán ìyá\n",
    "a `kóòdù` b\n": "a kóòdù b\n",
    "<b>ọ̀la</b> &amp; òní<!-- x -->\n": "ọ̀la & òní\n",
    "| iṣu | ẹ̀wà |\n": "iṣu\tẹ̀wà\n",
    "|---|:-:|\n": "\n",
    "---\n": "\n",
    "[1]: http://x.org\n": "",
    "\\*kì í ṣe\\*\n": "*kì í ṣe*\n",
    "1. ọkan\n": "1. ọkan\n",
    "ሰላም **ልጆች**።\n": "ሰላም ልጆች።\n",
    "* * *\n": "\n",
    "=====\n": "\n",
    "     | :-- | --: |\n": "\n",
    "- -\n": "-\n",
    "|-|\n": "-\n",
    "a<!-- x -->b<!-- y -->d<!-- e\n": "abd<!-- e\n",
    "# C# #\n": "C#\n",
}


@pytest.mark.parametrize("line", list(CASES))
def test_marks_go_and_words_stay(line: str) -> None:
    assert "".join(plain(["ọ\n", line])) == "ọ\n" + CASES[line]


def test_front_matter_and_code_blocks_go() -> None:
    text = "---\ntitle: x\n---\nọ̀rọ̀\n```python\nprint(1)\n```\nilé\n~~~\ncode\n~~~\nọ̀la\n"
    assert "".join(plain(text.splitlines(keepends=True))) == "ọ̀rọ̀\nilé\nọ̀la\n"


def test_a_line_of_marks_takes_no_time() -> None:
    assert "".join(plain(["*" * 50_000 + "[" * 50_000 + "<" * 1000 + "\n"]))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("-" * 100_000 + "x", "-" * 100_000 + "x"),
        ("| " + "-" * 100_000 + "x", "-" * 100_000 + "x"),
        ("--- " + " " * 100_000 + "x", "---" + " " * 100_001 + "x"),
        ("- " * 50_000 + "x", "- " * 49_999 + "x"),
        ("# ọ̀" + " " * 100_000 + "x", "ọ̀" + " " * 100_000 + "x"),
        ("<!--" * 25_000, "<!--" * 25_000),
        ("-" * 100_000, ""),
    ],
)
def test_a_hostile_line_ends(line: str, wanted: str) -> None:
    assert "".join(plain(["ọ\n", line + "\n"])) == f"ọ\n{wanted}\n"
