from __future__ import annotations

import ast
import re
from importlib import resources
from pathlib import Path

import pytest

import mbegu.corpus.report as package
from mbegu.corpus.report.advice import STEPS_BYTES
from mbegu.corpus.report.domains import UNKNOWN, _patterns
from mbegu.corpus.report.wording import Words

CODES = sorted(Path(str(each)).stem for each in resources.files("mbegu.corpus.report").joinpath("words").iterdir() if str(each).endswith(".toml"))
_PLACE = re.compile(r"\{(\w+)\}")


def keys(table, before=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys(value, f"{before}{name}.")
        else:
            yield before + name, value


ENGLISH = dict(keys(Words()._table))


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_every_key_with_the_same_places(code):
    table = dict(keys(Words(code)._table))
    assert set(table) == set(ENGLISH)
    assert {key: set(_PLACE.findall(text)) for key, text in table.items()} == {key: set(_PLACE.findall(text)) for key, text in ENGLISH.items()}
    assert Words(code).direction in ("ltr", "rtl") and Words(code).tag


def test_every_key_that_the_code_names_is_there():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(package.__file__).parent.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    keys_of = [call.args[0] for call in calls if call.func.attr in ("text", "html") and call.args]
    used = {key.value for key in keys_of if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    assert len(used) > 60
    assert used <= set(ENGLISH)


def test_every_domain_and_step_has_words():
    assert {f"domains.{name}" for name in (*_patterns(), UNKNOWN, "dialogue")} <= set(ENGLISH)
    assert {f"advice.more_text_{number}.{part}" for number in range(len(STEPS_BYTES)) for part in ("title", "do")} <= set(ENGLISH)


def test_words_are_escaped_and_what_fills_them_is_not():
    words = Words()
    words._table = {"a": {"b": "<x> {name} & `mbegu {name}`"}}
    assert words.html("a.b", name="<bdi>ọ</bdi>") == "&lt;x&gt; <bdi>ọ</bdi> &amp; <code>mbegu <bdi>ọ</bdi></code>"


@pytest.mark.parametrize("key", ["page", "page.nothing", "nothing.at_all"])
def test_an_unknown_key_is_an_error(key):
    with pytest.raises(KeyError):
        Words().text(key)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.004, "0.4 %"), (0.0951, "9.5 %"), (0.68, "68 %"), (0.9996, "99.9 %"), (0.996, "99.6 %"), (1, "100 %")],
)
def test_percent_is_never_nought_or_all_where_it_is_not(share, text):
    assert Words().percent(share).replace("\u00a0", " ") == text


def test_numbers_follow_the_language():
    words = Words()
    words._table = {"numbers": {"thousands": ".", "decimal": ",", "percent": "{number} %", "under": "unter {number} %"}}
    assert (words.count(1234567), words.number(1.5), words.size(1_500_000)) == ("1.234.567", "1,50", "1,5\u00a0MB")
    assert words.about(1_234_567) == "1.230.000" and words.about(99) == "99" and words.about(0) == "0"
