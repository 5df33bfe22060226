"""Test items in training text: found by kind, where, in every script; what is left when they are removed; the real cases."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import WORDS, sentence, stories, story
from tests.end_to_end.project import CommandLine

from mbegu.core.documents import Document, read_documents, write_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.corpus.leaks.find import LeakSearch, Piece, training_text, whole_text, without_leaks, without_ranges
from mbegu.corpus.leaks.items import Item, read_items
from mbegu.corpus.leaks.words import bare_words, size_in_words

DATA = Path(__file__).parents[4] / "shared" / "data"


def bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.combining(c) in (0, 9))  # no word can do without a virama


def searched(items: list[str], *texts: str) -> LeakSearch:
    search = LeakSearch([("test", [Item(item, f"test#{number}") for number, item in enumerate(items, 1)])])
    for _ in search.through([Document(str(i), text, "yor", f"train{i}.txt") for i, text in enumerate(texts)]):
        pass
    return search


def kinds(items: list[str], *texts: str) -> dict[str, int]:
    return dict(searched(items, *texts).reports[0].kinds)


ITEM = "Bàbá mi sọ fún wa pé òjò ti rọ̀ lánàá ní ọjà ńlá."
FILLER = [sentence(i) for i in range(900_000, 900_050)]


@pytest.mark.parametrize(
    ("there", "kind"),
    [
        (ITEM, "exact"),
        ("Bàbá mi sọ  fún wa pé òjò ti rọ̀ lánàá ní ọjà ńlá .", "exact"),
        (f"{FILLER[0]} {ITEM} {FILLER[1]}", "exact"),
        ("bàbá mi sọ fún wa pé: «òjò ti rọ̀ lánàá, ní ọjà ńlá»", "re-punctuated"),
        (f"{FILLER[0]} {ITEM.upper()} {FILLER[1]}", "re-punctuated"),
        ("Bàbá mi sọ fún wa pé\nòjò ti rọ̀ lánàá\nní ọjà ńlá!", "re-punctuated"),
        (bare(ITEM), "without marks"),
        (f"{FILLER[0]} {bare(ITEM).lower()} {FILLER[1]}", "without marks"),
        ("ní ọjà ńlá lánàá òjò ti rọ̀, bàbá mi sọ fún wa pé", "re-ordered"),
        (f"{FILLER[0]} Ńlá ọjà ní lánàá rọ̀ ti òjò pé wa fún sọ mi bàbá. {FILLER[1]}", "re-ordered"),
        (f"{FILLER[0]} Ó ní bàbá mi sọ fún wa pé òjò ti rọ̀ {FILLER[1]}", "part"),
    ],
)
def test_each_kind_is_found(there: str, kind: str) -> None:
    assert kinds([ITEM, *FILLER[40:]], *FILLER[2:40], there) == {kind: 1}


def test_clean_text_gives_no_alarm_and_few_common_words_are_no_leak() -> None:
    assert kinds([sentence(i) for i in range(500, 600)], *(story(i) for i in range(60))) == {}
    assert kinds(["bàbá mi sọ fún wa"], "ọmọ bàbá mi sọ fún wa pé kí a lọ") == {"exact": 1}
    assert kinds(["Ó dára."], "Ó dára púpọ̀ láti rí yín") == {}
    assert kinds(["Ó dára."], "Ẹ káàárọ̀\nó dára\n") == {"re-punctuated": 1}


@pytest.mark.parametrize("language", list(WORDS))
def test_every_script(language: str) -> None:
    items = [sentence(i, language) for i in range(20)]
    texts = [*(story(i, language) for i in range(30, 60)), *items[:10], bare(items[10])]
    found = searched(items, *texts).reports[0]
    assert found.kinds["exact"] + found.kinds["re-punctuated"] + found.kinds["without marks"] >= 11
    assert found.found <= 12


def test_scripts_without_blanks_between_words() -> None:
    item = "ខ្ញុំទៅផ្សារជាមួយម្តាយនៅព្រឹកនេះ"
    assert len(bare_words(item)) > 10
    assert kinds([item], f"មុនពេល{item}ក្រោយមក") == {"exact": 1}
    assert kinds(["ယနေ့မနက်ဈေးသို့သွားပါသည်"], "မင်္ဂလာပါ ခင်ဗျာ") == {}


@pytest.mark.parametrize("greeting", ["ជំរាបសួរ", "สวัสดีปีใหม่", "ສະບາຍດີ", "မင်္ဂလာပါ", "བཀྲ་ཤིས་བདེ་ལེགས", "こんにちは"])
def test_a_greeting_is_no_leak_in_scripts_without_blanks(greeting: str) -> None:
    assert kinds([greeting], f"កខគឃង{greeting}ចឆជឈញ") == {}
    assert kinds([greeting], f"អរុណ។\n{greeting}\nមក។") == {"exact": 1}


@pytest.mark.parametrize(("item", "other"), [("កាលោកុមារី", "កលកមរ"), ("ดูดี", "ดด"), ("काला कुमारी नदी में", "कल कमर नद म"), ("がぎぐ", "かきく")])
def test_other_vowels_are_another_word(item: str, other: str) -> None:
    assert kinds([item * 9], other * 9) == {}


def test_bare_words_keep_what_a_word_cannot_do_without() -> None:
    assert bare_words("Ọ̀rọ̀ dá-dá, مَرْحَبًا") == ["oro", "da", "da", "مرحبا"]
    assert bare_words("हिन्दी, ไทย2024ABC ១២។") == ["हिन्दी", "ไ", "ท", "ย", "2024abc", "១", "២"]
    assert size_in_words(bare_words("ខ្ញុំទៅផ្សារជាមួយម្តាយនៅព្រឹកនេះ abc")) == 6


PROMPT = "Tell me in one word whether the sentence that follows here is glad or sad and why you think so, please: number"
PROMPTS = [f"{PROMPT} {number}" for number in range(100)]


def test_what_many_items_have_in_common_is_no_part_of_them() -> None:
    assert len(bare_words(PROMPTS[0])) == 23
    assert kinds(PROMPTS, "Tell me in one word what you know of maize.") == {}
    assert kinds(PROMPTS, " ".join(PROMPT.split()[:16])) == {}
    assert kinds(PROMPTS, f"Well, {PROMPTS[7]}")["exact"] == 1
    assert kinds(["one two three four five six seven eight nine ten"] * 60, "one two three four five, no more") == {}


def test_a_part_is_half_of_all_that_an_item_says_also_of_what_others_say_too() -> None:
    half = PROMPTS[7].split()[-14:]
    assert kinds(PROMPTS, f"He said {' '.join(half)}") == {"part": 1}
    assert kinds(PROMPTS, f"He said {' '.join(half[4:])}") == {}
    search = LeakSearch([("test", [Item(each, "test#1") for each in PROMPTS])])
    _, [match] = next(iter(search.through([Document("1", f"He said {' '.join(half)}", "eng", "a.txt")])))
    assert (match.first, match.last) == (2, 16)


def test_letters_that_a_plain_keyboard_lacks() -> None:
    assert kinds(["Ɗan ƙasa ya ɓoye ƴar ɗaya a gidan sarki"], "dan kasa ya boye yar daya a gidan sarki") == {"without marks": 1}


def test_items_of_every_format(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a.txt": f"{FILLER[0]}\n\n{FILLER[1]}\n",
            "ner.txt": "Ada B-PER\nń O\nlọ O\n. O\n\n# O\nBen B-PER\n\n",
            "b.tsv": f"tweet\tlabel\n{FILLER[2]}\tpositive\n{FILLER[3]}\tneutral\n",
            "c.jsonl": f'{{"question": "{FILLER[4]}"}}\n',
            "in/ner.conll": "Ada NN _ B-PER\nwá VB _ O\n\nÓ PRP _ O\n\n",
        },
    )
    assert [(item.text, item.place) for item in read_items(tmp_path)] == [
        (unicodedata.normalize("NFC", FILLER[0]), "a.txt#1"),
        (unicodedata.normalize("NFC", FILLER[1]), "a.txt#3"),
        (unicodedata.normalize("NFC", FILLER[2]), "b.tsv#2"),
        (unicodedata.normalize("NFC", FILLER[3]), "b.tsv#3"),
        (unicodedata.normalize("NFC", FILLER[4]), "c.jsonl#1"),
        ("Ada wá", "in/ner.conll#1"),
        ("Ó", "in/ner.conll#4"),
        ("Ada ń lọ .", "ner.txt#1"),
        ("# Ben", "ner.txt#6"),
    ]
    with pytest.raises(InputError, match="no such test file or folder"):
        read_items(tmp_path / "nothing.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no test items could be read"):
        read_items(tmp_path / "empty")


def test_sentences_go_and_the_rest_of_the_line_stays() -> None:
    text = f"{FILLER[0]} {FILLER[1]} {ITEM} {FILLER[2]}\n{ITEM}\n{FILLER[3]}"
    search = LeakSearch([("test", [Item(ITEM, "test#1")])])
    document, matches = next(iter(search.through([Document("1", text, "yor", "a.txt")])))
    left, removed = without_leaks(document, matches, [search.item_place(match) for match in matches])
    assert left is not None
    assert left.text == f"{FILLER[0]} {FILLER[1]} {FILLER[2]}\n{FILLER[3]}"
    assert [(each.line, each.text, each.item) for each in removed] == [(1, ITEM, "test#1"), (2, ITEM, "test#1")]
    document, matches = next(iter(search.through([Document("1", ITEM, "yor", "a.txt")])))
    assert without_leaks(document, matches, ["test#1"])[0] is None


def test_an_empty_line_inside_what_is_taken_out_is_no_piece() -> None:
    assert without_ranges("a b\n\nc d\ne", [(0, 4)], lambda token: len(bare_words(token))) == ("e", [Piece(1, 0, "a b"), Piece(3, 0, "c d")])


def test_the_command_reports_and_its_exit_code_tells(tmp_path: Path, mbegu: CommandLine) -> None:
    put(tmp_path / "text", {**stories(30), "leak.txt": f"{story(99)}{ITEM}\n"})
    put(tmp_path, {"clean.txt": FILLER[0] + "\n", "test.txt": f"{ITEM}\n{FILLER[49]}\n"})
    said = mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "clean.txt", "--json")
    assert said.code == 0
    assert json.loads(said.out)["tests"][0]["found"] == 0
    line = mbegu.fails(13, "corpus", "leaks", tmp_path / "text", tmp_path / "test.txt", tmp_path / "clean.txt")
    assert "1 of 3 test items stand in the training text" in line
    said = mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "test.txt")
    assert "exact: test.txt#1 at leak.txt, line 9 of it: Bàbá mi" in said.out
    said = mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "test.txt", "--remove", "--json")
    assert said.code == 0
    out = tmp_path / "text-without-leaks"
    assert json.loads(said.out)["pieces_removed"] == 1
    assert "lánàá ní ọjà ńlá" not in "\n".join(document.text for document in read_documents(out / "kept.parquet"))
    assert pq.read_table(out / "dropped.parquet").to_pylist() == [
        {"source": "leak.txt", "line": 9, "reason": "test item", "detail": "exact: test.txt#1", "text": ITEM}
    ]
    assert mbegu("corpus", "leaks", out, tmp_path / "test.txt").code == 0
    assert "not empty" in mbegu.fails(2, "corpus", "leaks", tmp_path / "text", tmp_path / "test.txt", "--remove")
    assert "--out says where" in mbegu.fails(2, "corpus", "leaks", tmp_path / "text", tmp_path / "test.txt", "--out", tmp_path / "x")
    assert "no such file or folder" in mbegu.fails(4, "corpus", "leaks", tmp_path / "nothing", tmp_path / "test.txt")


def test_the_training_text_of_a_project_is_without_its_held_out_documents(tmp_path: Path) -> None:
    put(tmp_path, {"mbegu.toml": ""})
    for side in ("train", "heldout", "related"):
        write_documents(tmp_path / "grown" / "corpus" / f"{side}.parquet", [Document(side, story(1), "yor", side)])
    say = Say(quiet=True)
    assert [document.source for document in training_text(tmp_path, say)] == ["train", "related"]
    assert [document.source for document in training_text(tmp_path, say, with_related=False)] == ["train"]
    assert [document.source for document in whole_text(tmp_path, say)] == ["train", "heldout", "related"]


def test_what_cannot_be_read_of_a_test_is_said_and_listed(tmp_path: Path, mbegu: CommandLine) -> None:
    put(tmp_path / "text", stories(30))
    put(tmp_path / "tests", {"a.txt": FILLER[0], "in/b.docx": b"PK\x03\x04 cut", "in/c.xyz": b"\0\1\2", "d.jsonl": f'{{"q": "{FILLER[1]}"}}\n{{"q\n'})
    said = mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "tests", "--json", "--quiet")
    assert said.code == 0
    result = json.loads(said.out)
    assert [(each["test"], each["source"]) for each in result["not_read"]] == [
        (str(tmp_path / "tests"), source) for source in ("d.jsonl#2", "in/b.docx", "in/c.xyz")
    ]
    assert all(each["reason"] for each in result["not_read"])
    assert "in/b.docx is not looked for, it could not be read: damaged" in said.err
    put(tmp_path / "tests", {f"more-{i}.docx": b"PK\x03\x04 cut" for i in range(4)})
    assert "2 more could not be read; --json lists them" in mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "tests").err
    assert json.loads(mbegu("corpus", "leaks", tmp_path / "text", tmp_path / "tests" / "a.txt", "--json").out)["not_read"] == []


def test_the_report_shows_what_was_found_until_the_text_is_cleaned_anew(tmp_path: Path, mbegu: CommandLine) -> None:
    put(tmp_path, {"text/a.txt": f"{story(1)}{ITEM}\n", "test.txt": ITEM})
    cleaned = tmp_path / "cleaned"
    clean = ("corpus", "clean", tmp_path / "text", "--out", cleaned, "--language", "yor")
    assert mbegu(*clean).code == 0
    (cleaned / "leaks.json").write_text(mbegu("corpus", "leaks", cleaned, tmp_path / "test.txt", "--json").out, encoding="utf-8")

    def reported() -> int | None:
        leaks = json.loads(mbegu("corpus", "report", cleaned, "--json").out)["leaks"]
        return leaks and leaks["tests"][0]["found"]

    assert reported() == 1
    assert mbegu(*clean).code == 0
    assert reported() == 1
    put(tmp_path, {"text/b.txt": story(2)})
    assert mbegu(*clean).code == 0
    assert reported() is None


def test_a_project_is_searched_in_what_it_learns_from(grown: Path, tmp_path: Path, mbegu: CommandLine) -> None:
    train = next(read_documents(grown / "grown" / "corpus" / "train.parquet"))
    line = max(train.text.split("\n"), key=len)
    put(tmp_path, {"test.txt": line})
    assert "1 of 1 test items" in mbegu.fails(13, "corpus", "leaks", grown, tmp_path / "test.txt")


def test_the_order_of_words_alone_decides_nothing_by_chance() -> None:
    """Random sentences over a small vocabulary share most of their words; few may be taken for re-ordered copies."""
    chosen = random.Random(1)
    words = [f"w{i}" for i in range(2000)]
    weights = [1 / (i + 1) for i in range(2000)]
    made = [" ".join(chosen.choices(words, weights, k=14)) for _ in range(4000)]
    assert searched(made[:500], *made[500:]).reports[0].found <= 2


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize(("language", "least"), [("hau", 1463), ("pcm", 1566), ("swa", 1770), ("wol", 1205), ("zul", 0)])
def test_the_real_cases_are_found(language: str, least: int) -> None:
    """Whole sentences of MasakhaNER 2.0 tests that the README of the data counts as lines of the raw news; zul has none."""
    search = LeakSearch([(language, read_items(DATA / "ner" / "masakhaner2" / language / "test.txt"))])
    for _ in search.through(training_text(DATA / "raw-text" / language, Say(quiet=True))):
        pass
    kinds = search.reports[0].kinds
    whole = kinds["exact"] + kinds["re-punctuated"] + kinds["without marks"]
    assert whole >= least
    if language == "zul":
        assert search.reports[0].found == 0
