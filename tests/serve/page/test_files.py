"""The page: small, whole in every language, and nothing in it comes from elsewhere."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata

import pytest

from mbegu.serve.page.files import PageConfig, languages, media_type, page_files

MOST_GZIP_BYTES = 150_000
WORD_FILES = {name: json.loads(data) for name, data in page_files().items() if name.startswith("words/")}
ENGLISH = WORD_FILES["words/eng.json"]["words"]
PROGRAMS = {name: data.decode("utf-8") for name, data in page_files().items() if name.endswith((".js", ".html"))}
# Names of words that the program puts together or hands on, not written next to `say(`.
OUTSIDE = {"app_open", "app_private", "device_name", "pairing_many", "pairing_offer"}  # used by the text beside the app and the pairing page
NAMED_ELSEWHERE = {
    "ask",
    "write_on",
    "find",
    "question",
    "beginning",
    "search_for",
    "offering_chat",
    "offering_complete",
    "offering_find",
    "ready_offline",
    "not_secure",
    "not_kept",
    "newer_model",
    "copied",
    "not_copied",
    "update_ready",
}


def gaps(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_all_of_it_is_small() -> None:
    assert len(gzip.compress(b"".join(page_files().values()))) < MOST_GZIP_BYTES


def test_the_languages_of_the_page() -> None:
    assert languages()[0]["code"] == "eng"
    assert {each["code"] for each in languages()} == {"eng", "fra", "por", "swa", "hau", "yor", "amh", "ara"}
    assert {each["code"] for each in languages() if each["direction"] == "rtl"} == {"ara"}


@pytest.mark.parametrize("name", WORD_FILES)
def test_every_language_has_every_word_with_its_gaps(name: str) -> None:
    words = WORD_FILES[name]["words"]
    assert words.keys() == ENGLISH.keys()
    assert [key for key in words if gaps(words[key]) != gaps(ENGLISH[key])] == []
    assert all(text == unicodedata.normalize("NFC", text) for text in words.values())
    assert all(text for key, text in words.items() if key != "translation")


@pytest.mark.parametrize("name", WORD_FILES)
def test_words_that_no_speaker_has_signed_say_so(name: str) -> None:
    file = WORD_FILES[name]
    assert bool(file["signed_by"]) != bool(file["words"]["translation"])


def test_every_word_that_the_program_asks_for_is_there_and_none_is_left_over() -> None:
    text = "\n".join(PROGRAMS.values())
    asked = set(re.findall(r'(?:say|button|Failure)\("(\w+)"', text)) | set(re.findall(r'data-(?:word|label)="(\w+)"', text))
    assert asked - ENGLISH.keys() == set()
    assert ENGLISH.keys() - asked - NAMED_ELSEWHERE - OUTSIDE - {"translation", "pairing_code"} == set()


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_comes_from_elsewhere_and_nothing_is_made_into_html(name: str) -> None:
    text = PROGRAMS[name]
    assert re.findall(r"https?://(?!www\.w3\.org)", text) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|javascript:", text) == []


def test_the_page_itself_forbids_what_it_does_not_need() -> None:
    html = page_files()["index.html"].decode("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert re.findall(r"<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=", html) == []


def test_the_settings_of_the_page_are_plain_values() -> None:
    config = json.loads(json.dumps(PageConfig("Ìwé", "server", "m").as_json(), ensure_ascii=False))
    assert (config["name"], config["engine"], config["can_chat"], config["parts"]) == ("Ìwé", "server", False, [])
    assert [each["code"] for each in config["languages"]] == [each["code"] for each in languages()]


def test_media_types() -> None:
    assert media_type("engine/wllama.wasm") == "application/wasm"
    assert media_type("model/0001.part") == "application/octet-stream"
