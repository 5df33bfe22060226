from __future__ import annotations

import pytest
from tests.corpus.material import sentence

from mbegu.corpus.report.domains import GIVEN, INFERRED, NAMED, UNKNOWN, domain_of_path, domains, infer, structure
from mbegu.corpus.report.sample import Group, Sampled


@pytest.mark.parametrize(
    ("path", "domain"),
    [
        ("topic-news/masakhanews/yor/train.tsv", "news"),
        ("habari/2024.txt", "news"),
        ("ዜና/1.txt", "news"),
        ("أخبار/1.txt", "news"),
        ("texts/Bibeli_Mimo.txt", "scripture"),
        ("yo_wiki.txt", "encyclopedia"),
        ("News/tweets/1.txt", "social"),
        ("common-voice/sentences.txt", "prompts"),
        ("text/newton-bought.txt", UNKNOWN),
        ("knowledge/a.txt", UNKNOWN),
        ("a.txt", UNKNOWN),
    ],
)
def test_names_tell_the_domain_and_the_nearest_name_counts(path, domain):
    assert domain_of_path(path) == domain


def lines(pattern: str, language: str, count: int = 40) -> list[str]:
    return [pattern.format(n=i + 1, text=sentence(i, language).rstrip("።.؟")) for i in range(count)]


@pytest.mark.parametrize("language", ["yor", "amh", "ara", "nqo", "khm"])
@pytest.mark.parametrize(
    ("pattern", "domain"),
    [
        ("{n} {text}.", "scripture"),
        ("3:{n} {text}.", "scripture"),
        ("12:{n:02} {text}", "speech"),
        ("00:01:{n:02} {text}", "speech"),
        ("– {text}", "dialogue"),
        ("{text}؟", "questions"),
        ("{text} #x{n}", "social"),
        ("{text}", UNKNOWN),
    ],
)
def test_the_shape_of_lines_tells_in_any_script(language, pattern, domain):
    assert infer(structure(lines(pattern, language))) == domain


def test_names_before_lines_are_speech_only_when_they_come_again():
    talk = [f"{('Ayọ̀', 'Bọ́lá')[i % 2]}: {sentence(i)}" for i in range(40)]
    assert infer(structure(talk)) == "dialogue"
    assert infer(structure([f"ọ̀rọ̀{i}: {sentence(i)}" for i in range(40)])) == UNKNOWN


def test_quotation_marks_are_speech_but_make_no_conversation():
    found = structure(lines("“{text}”", "yor"))
    assert (found.speech, found.turn, infer(found)) == (1.0, 0.0, UNKNOWN)


def test_few_lines_tell_nothing():
    assert infer(structure(lines("– {text}", "yor", 5))) == UNKNOWN


def test_bytes_are_known_as_given_by_name_or_by_shape():
    talk = [Sampled("\n".join(lines("– {text}", "yor")), "x/a.txt", "yor")]
    groups = {"x": Group(sample=talk), "news": Group()}
    files = {"x/a.txt": 60, "news/b.txt": 30, "news/c.txt": 10}
    found, _, main = domains(files, {"news/c.txt": {"sermons": 10}}, groups, lambda file: file.split("/")[0], lambda file: file)
    assert [(each.name, each.bytes, each.known_by) for each in found] == [
        ("dialogue", 60, {INFERRED: 60}),
        ("news", 30, {NAMED: 30}),
        ("sermons", 10, {GIVEN: 10}),
    ]
    assert main == {"x": "dialogue", "news": "news"}


def test_what_is_not_known_comes_last():
    found, _, _ = domains({"a": 90, "news/b": 10}, {}, {"g": Group()}, lambda file: "g", lambda file: file)
    assert [each.name for each in found] == ["news", UNKNOWN]
