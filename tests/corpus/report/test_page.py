from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from importlib import resources

import pytest
from tests.corpus.report.corpora import DROPS, FACTS, Structure, document, drop, two_sources, write_corpus, write_leaks

from mbegu.corpus.private import Redactor
from mbegu.corpus.report.facts import gather
from mbegu.corpus.report.folder import open_folder
from mbegu.corpus.report.page import page_html

EVIL = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)> &amp; ẹ̀ ߒߞߏ"
TURNED = "\u202egnp.exe"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
STRINGS = json.loads(resources.files("mbegu.tokenizer").joinpath("test_strings.json").read_text(encoding="utf-8"))
WRITTEN = [each for each in STRINGS if each["language"] != "mul"]


def page_of(folder, *arguments):
    return page_html(gather(open_folder(write_corpus(folder, *arguments))))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A page on a corpus about which everything is known."""
    folder = tmp_path_factory.mktemp("corpus") / "texts"
    write_corpus(folder, two_sources(), FACTS, DROPS)
    write_leaks(folder, {"tests": [{"test": "ner.txt", "items": 200, "found": 90, "kinds": {"exact": 80, "part": 10}}]})
    return page_html(gather(open_folder(folder)))


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """A page on a corpus whose every name, text and value is hostile."""
    documents = [document(f"{EVIL}{TURNED}/{i}.txt", f"{EVIL} {TURNED} {i}", licence=EVIL, contributor=EVIL, meta={"domain": EVIL}) for i in range(3)]
    documents.append(document(EVIL, EVIL, language=EVIL, meta={"languages": json.dumps({EVIL: 1}), "suspect": EVIL}))
    facts = {
        **FACTS,
        "language": EVIL,
        "settings": {EVIL: EVIL, "names": [EVIL]},
        "dropped": {EVIL: {"documents": 1, "lines": 0, "bytes": 9}},
        "formats": {EVIL: 1},
        "encodings": {EVIL: EVIL},
        "changes": [{"rule": EVIL, "before": EVIL, "after": EVIL, "count": EVIL}],
        "private": {EVIL: 3, "PHONE": EVIL},
        "languages": {EVIL: 7},
        "pairs": [{"kind": EVIL, "first": EVIL, "second": EVIL, "similarity": EVIL, "excerpt": EVIL}],
        "problems": [{"source": EVIL, "reason": EVIL, "detail": EVIL}],
        "seconds": {"wall": EVIL},
    }
    folder = write_corpus(tmp_path_factory.mktemp("corpus"), documents, facts, [drop(EVIL, EVIL, EVIL, detail=EVIL, line=3)])
    write_leaks(folder, {"tests": [{"test": EVIL, "items": EVIL, "kinds": {EVIL: 1}}, EVIL]})
    return page_html(gather(open_folder(folder)))


def test_stands_alone_without_script_or_anything_from_outside(whole):
    found = Structure(whole)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(found.tags)
    assert not {name for name, _ in found.attributes} & {"src", "style"}
    assert all(link.startswith("#") for link in found.values("href"))
    assert "http://" not in whole and "https://" not in whole and "url(" not in whole and "@import" not in whole


def test_the_policy_allows_its_own_style_and_nothing_else(whole):
    style = re.search(r"<style>(.*?)</style>", whole, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in whole


def test_hostile_text_is_only_text(evil):
    assert "&amp;lt;script" not in evil  # escaped once, not twice
    found = Structure(evil)
    assert not {"script", "img"} & set(found.tags)
    assert not any(name.startswith("on") for name, _ in found.attributes)
    assert found.text.count(EVIL) >= 20
    assert "\u202e" not in evil and "U+202E" in found.text


def test_every_link_leads_somewhere_and_no_name_is_given_twice(whole):
    found = Structure(whole)
    names = found.values("id")
    assert len(names) == len(set(names))
    assert {link[1:] for link in found.values("href")} <= set(names) and len(found.values("href")) > 15
    assert set(found.values("aria-labelledby")) <= set(names)


def test_says_what_a_reader_wants_to_know(whole):
    text = re.sub(r" (?=[,;:.)])|(?<=\() ", "", " ".join(" ".join(Structure(whole).pieces).split()))
    for words in (
        "Corpus report: texts",
        "Text in Yoruba",
        "of this text is news",
        "names of files and folders",
        "What to collect next",
        "CC-BY-4.0",
        "Ìyá Àgbà",
        "no language found",
        "marks left out",
        "nearly the same texts, 83 % alike",
        "telephone numbers 4",
        "ner.txt 200 90 45 % exact 80, part 10",
        "apostrophe ' ʼ 7",
        "scan.pdf the file is damaged (damaged) not a sound PDF",
        "Cleaning took 3 s, 3 s of processor time, and 81.0 MB of memory at most.",
        "mbegu corpus restore texts 'near duplicate'",
        "Kept",
    ):
        assert words in text, words


def test_shows_no_private_thing_and_no_place_of_the_computer(whole):
    assert "àṣírí" not in whole and "/home/ayo" not in whole
    assert re.search(r"blocked</bdi></th><td><bdi[^>]*>1<", whole)


def test_what_was_rewritten_shows_no_number_and_no_address(tmp_path):
    changes = [
        {"rule": "mark-up", "before": "**Simu 0712 345 678** leo", "after": "Simu 0712 345 678 l", "count": 1},
        {"rule": "mark-up", "before": "<b>Andika</b> kwa juma.ali@exa", "after": "Andika kwa juma.ali@", "count": 1},
        {"rule": "mark-up", "before": "[Piga simu kwa namba](x) 07334", "after": "Piga simu kwa: 07334", "count": 1},
        {"rule": "digits", "before": "٢٠١٩", "after": "2019", "count": 3},
    ]
    text = " ".join(" ".join(Structure(page_of(tmp_path, two_sources(1), {"changes": changes})).pieces).split())
    assert not any(each in text for each in ("0712", "345 678", "juma", "07334"))
    assert all(each in text for each in ("**Simu […]** leo", "Andika kwa […]", "Piga simu kwa: […]", "digits ٢٠١٩ 2019 3"))
    assert "By rules that you chose; mark-up is taken off without one." in text


def test_settings_show_no_folder_of_the_computer(tmp_path):
    settings = {"names": "/home/ayo/siri/names.txt", "blocked": "/home/ayo/siri/blocked.txt", "rules": ["apostrophe", "/home/ayo/rules.toml"]}
    page = page_of(tmp_path, two_sources(1), {"settings": settings})
    assert "/home/ayo" not in page and "siri" not in page
    assert all(each in page for each in ("names.txt", "blocked.txt", "apostrophe, rules.toml"))


def test_every_kind_of_private_thing_has_words(tmp_path):
    things = "Juma, a@b.org, +254712345678, A123456789B, 4111 1111 1111 1111, GB82 WEST 1234 5698 7654 32, -1.29210,36.82190, 41.58.12.107, "
    found = Redactor(["KE"], names=["Juma"]).redact(f"{things} 00:1A:2B:3C:4D:5E, https://x.org/r?token=abcdef12").found
    assert len(found) == 10
    text = Structure(page_of(tmp_path, two_sources(1), {"private": found})).text
    assert not [kind for kind in found if kind in text.replace("[PHONE]", "")]


def test_commands_are_written_from_left_to_right_and_quoted(tmp_path):
    page = page_of(tmp_path / "نصوص لنا", two_sources(1), {}, [drop("أخبار/1.txt", "stub", "كتاب", line=4)])
    assert '<pre dir="ltr">mbegu corpus explain &#x27;نصوص لنا&#x27; أخبار/1.txt:4</pre>' in page.replace(
        "&#x27;أخبار/1.txt:4&#x27;", "أخبار/1.txt:4"
    )
    assert '<pre dir="auto"' not in page


def test_examples_have_their_language_and_direction(whole):
    assert re.search(r'<p dir="auto" lang="yo-Latn" class=excerpt>ọmọ wọ́n', whole)
    assert '<html lang="en" dir="ltr">' in whole


@pytest.mark.parametrize("each", WRITTEN, ids=lambda each: f"{each['language']}-{each['script']}")
def test_text_of_every_script_is_shown_whole(tmp_path, each):
    text = each["text"]
    language = f"{each['language']}_{each['script']}"
    documents = [document(f"{i}.txt", f"{text}\n" * 5 + f"{i}", language=language, contributor=text) for i in range(5)]
    page = page_of(tmp_path, documents, {"language": language}, [drop("x.txt", "stub", text)])
    assert Structure(page).text.count(" ".join(text.split())) >= 2


def test_many_scripts_together(tmp_path):
    documents = [document(f"{each['script']}{i}/1.txt", each["text"] * 9, language=each["language"]) for i, each in enumerate(WRITTEN)]
    text = Structure(page_of(tmp_path, documents)).text
    for name in ("N'Ko", "Adlam", "Ethiopic", "Arabic", "Khmer", "Tifinagh", "Vai"):
        assert name in text


def test_what_is_absent_says_not_measured(tmp_path):
    page = page_of(tmp_path, two_sources(3))
    text = Structure(page).text.replace("\u00a0", " ")
    assert text.lower().count("not measured") >= 9
    assert "None" not in text and "nan" not in text and "Language identification was not run" in text


def test_an_empty_corpus_is_a_sound_page(tmp_path):
    text = Structure(page_of(tmp_path, [], {"language": "yor", "dropped": {}}, [])).text
    assert "There is no text in this corpus." in text and "There is no text yet" in text and "Nothing was left out." in text


def test_odd_sizes_do_no_harm(tmp_path):
    documents = [document("a.txt", ""), document("b.txt", "9"), document("c.txt", "\u0301"), document("d/e/f.txt", "ọ" * 100_000)]
    Structure(page_of(tmp_path, documents, {"language": "", "pairs": [], "dropped": {}, "private": {}, "changes": [], "problems": []}))


def test_the_page_stays_small(tmp_path):
    documents = [document(f"d{i}/{j}.txt", f"ọ̀rọ̀ {i} {j} " * 9, licence=f"L{i}{j}", contributor=f"C{i}{j}") for i in range(60) for j in range(9)]
    drops = [drop(f"x{i}.txt", f"reason {i % 40}", "ọ " * 5_000) for i in range(400)]
    facts = {"pairs": [{"kind": "near", "first": "a", "second": "b", "similarity": 0.9, "excerpt": "x" * 10_000}] * 200, "problems": [{}] * 500}
    assert len(page_of(tmp_path, documents, facts, drops).encode()) < 200_000


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_a_browser_runs_nothing_and_prints_it(tmp_path, evil):
    pypdf = pytest.importorskip("pypdf")
    (tmp_path / "report.html").write_text(evil, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'browser'}"]
    options += ["--disable-background-networking", "--disable-component-update"]
    for what in (["--dump-dom"], [f"--print-to-pdf={tmp_path / 'report.pdf'}"]):
        command = [CHROMIUM, *options, *what, (tmp_path / "report.html").as_uri()]
        said = subprocess.run(command, capture_output=True, check=True, timeout=100)
    assert b"violates" not in said.stderr
    assert 2 <= len(pypdf.PdfReader(tmp_path / "report.pdf").pages) <= 12
