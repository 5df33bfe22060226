import base64
import dataclasses
import hashlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from tests.label_facts import FACTS, PROJECT, whole_label

from mbegu.core.steps import Project, ProjectSettings
from mbegu.ledger.store import Ledger
from mbegu.release.card import card_markdown
from mbegu.release.label import gather_label
from mbegu.release.page import label_html

EVIL = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)> &amp; ẹ̀ ߒߞߏ"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "br"}


class Structure(HTMLParser):
    """Collects tags and texts, and checks that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def evil(tmp_path):
    facts = {
        **FACTS,
        "corpus": {**FACTS["corpus"], "sources": [{"name": EVIL, "documents": 1, "bytes": 2}], "licences": {EVIL: {}}, "dropped": {EVIL: 3}},
    }
    facts["evaluate"] = {**facts["evaluate"], "groups": [{"name": EVIL + str(i), "bits_per_byte": 2.0} for i in range(2)]}
    names = ("name", "purpose", "not_for", "author", "licence", "currency")
    return whole_label(tmp_path, dataclasses.replace(PROJECT, **dict.fromkeys(names, EVIL)), facts)


def test_stands_alone_without_script_or_anything_from_outside(tmp_path):
    page = label_html(whole_label(tmp_path))
    found = Structure(page)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(found.tags)
    assert not {name for name, _ in found.attributes} & {"src", "href", "style"}
    assert "http://" not in page and "https://" not in page and "url(" not in page and "@import" not in page


def test_the_policy_allows_its_own_style_and_nothing_else(tmp_path):
    page = label_html(whole_label(tmp_path))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page


def test_texts_of_users_are_escaped_everywhere(evil):
    found = Structure(label_html(evil))
    assert "script" not in found.tags and "img" not in found.tags
    assert not any(name.startswith("on") for name, _ in found.attributes)
    assert found.text.count(EVIL) >= 8


def test_texts_of_users_take_their_own_direction(tmp_path):
    page = label_html(whole_label(tmp_path, dataclasses.replace(PROJECT, name="نموذج لغتنا")))
    assert '<h1 dir="auto">نموذج لغتنا</h1>' in page
    assert '<span dir="auto">رسائل التعاونية</span>' in page


def test_chart_is_sound_svg_with_words_for_those_who_do_not_see_it(tmp_path):
    chart = re.search(r"<svg.*?</svg>", label_html(whole_label(tmp_path)), re.DOTALL)[0]
    root = ET.fromstring(chart)
    bars = [float(bar.get("width")) for bar in root.iter("rect")]
    assert bars[0] / bars[1] == pytest.approx(1.4472 / 1.6043, rel=0.01)
    assert max(bars) <= 340
    assert "this model: 1.447 (1.421 to 1.475)" in root.get("aria-label")


def test_says_what_a_reader_must_know(tmp_path):
    text = Structure(label_html(whole_label(tmp_path))).text
    for words in (
        "What it is not for",
        "Better than plain counting",
        "modelled from processor time",
        "Nigeria 2023",
        "Not measured",
        "bias and stereotypes",
        "1" * 64,
    ):
        assert words in text
    assert text.index("رسائل التعاونية") < text.index("ìròyìn")


def test_an_empty_label_is_a_sound_page_that_says_not_measured(tmp_path):
    label = gather_label(Project(tmp_path / "p"), ProjectSettings(language="nqo_Nkoo"), Ledger(tmp_path / "l"), {})
    text = Structure(label_html(label)).text
    assert text.lower().count("not measured") >= 5 and "Not said." in text and "None" not in text


def test_is_small(tmp_path):
    assert len(label_html(whole_label(tmp_path)).encode()) < 20_000


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_prints_on_one_page(tmp_path, evil):
    pypdf = pytest.importorskip("pypdf")
    (tmp_path / "label.html").write_text(
        label_html(dataclasses.replace(evil, purpose="What it is for. " * 60, not_for="Not. " * 99)), encoding="utf-8"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'browser'}"]
    command = [CHROMIUM, *options, f"--print-to-pdf={tmp_path / 'label.pdf'}", (tmp_path / "label.html").as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert len(pypdf.PdfReader(tmp_path / "label.pdf").pages) == 1


def test_of_many_sources_and_givers_the_page_says_how_many_are_not_shown(tmp_path):
    amounts = {f"giver {i}": {"documents": 1, "bytes": 100 - i} for i in range(7)}
    sources = [{"name": f"source {i}", "documents": 1, "bytes": 100 - i} for i in range(20)]
    corpus = {**FACTS["corpus"], "sources": sources, "source_count": 51, "contributors": amounts}
    label = whole_label(tmp_path, PROJECT, {**FACTS, "corpus": corpus})
    text = Structure(label_html(label)).text
    assert "and 47 more, in sources.json" in text
    assert "giver 3 and 3 more, in sources.json" in text
    assert "and 31 more, in sources.json" in card_markdown(label)
