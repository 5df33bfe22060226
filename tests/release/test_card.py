import dataclasses
import json

import pytest
from tests.label_facts import PROJECT, whole_label

from mbegu.core.steps import Project, ProjectSettings
from mbegu.ledger.store import Ledger
from mbegu.release.card import card_markdown, plain
from mbegu.release.label import gather_label

yaml = pytest.importorskip("yaml")


def front_matter(card: str) -> dict:
    _, head, _ = card.split("---\n", 2)
    return yaml.safe_load(head)


def test_metadata_is_what_hugging_face_reads(tmp_path):
    data = front_matter(card_markdown(whole_label(tmp_path)))
    assert data["language"] == ["yor"] and data["license"] == "cc-by-sa-4.0"
    assert (data["library_name"], data["pipeline_tag"]) == ("transformers", "text-generation")
    assert "base_model" not in data and "from-scratch" in data["tags"]
    result = data["model-index"][0]["results"][0]
    assert result["metrics"][0]["type"] == "bits_per_byte" and result["metrics"][0]["value"] == 1.4472
    assert "modelled from processor time; idle power modelled; range" in data["co2_eq_emissions"]["source"]


@pytest.mark.parametrize("code", ["nno_Latn", "yor", "nqo_Nkoo"])
def test_language_codes_stay_text(tmp_path, code):
    assert front_matter(card_markdown(whole_label(tmp_path, dataclasses.replace(PROJECT, language=code))))["language"] == [code[:3]]


@pytest.mark.parametrize(
    ("licence", "known", "name"), [("Our own: ask first", "other", "Our own: ask first"), ("unknown", "unknown", None), ("MIT", "mit", None)]
)
def test_licences_that_the_hub_does_not_know_keep_their_name(tmp_path, licence, known, name):
    data = front_matter(card_markdown(whole_label(tmp_path, dataclasses.replace(PROJECT, licence=licence))))
    assert (data["license"], data.get("license_name")) == (known, name)


def test_front_matter_cannot_be_broken_out_of(tmp_path):
    name = 'x"\n---\nbase_model: evil\n# ẹ̀'
    card = card_markdown(whole_label(tmp_path, dataclasses.replace(PROJECT, name=name, licence=name)))
    data = front_matter(card)
    assert "base_model" not in data and data["model-index"][0]["name"] == " ".join(name.split())
    assert json.dumps(data)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a|b\n\nc", "a\\|b c"),
        ("# head", "\\# head"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("4.7 NGN", "4.7 NGN"),
        ("[a](b) *c* `d`", "\\[a\\](b) \\*c\\* \\`d\\`"),
        ("Ẹ̀kọ́ ߒߞߏ", "Ẹ̀kọ́ ߒߞߏ"),
    ],
)
def test_texts_of_users_are_shown_as_they_are(text, shown):
    assert plain(text) == shown


def test_says_what_a_reader_must_know(tmp_path):
    card = card_markdown(whole_label(tmp_path))
    for words in (
        "**Better than plain counting",
        "**Not for:**",
        "Sources with 5 documents or more, worst first",
        "0.021 kWh (0.0049 to 0.077; modelled",
        "bias and stereotypes",
        "1" * 64,
    ):
        assert words in card
    assert card.index("رسائل التعاونية | 1.720") < card.index("ìròyìn | 1.410")


def test_machine_written_text_is_said_before_anything_else(tmp_path):
    card = card_markdown(whole_label(tmp_path, dataclasses.replace(PROJECT, not_for="machine-written")))
    assert card.index("MACHINE-WRITTEN") < card.index("## ")


def test_an_empty_card_says_not_measured(tmp_path):
    card = card_markdown(gather_label(Project(tmp_path / "p"), ProjectSettings(language="khm"), Ledger(tmp_path / "l"), {}))
    assert card.lower().count("not measured") >= 4 and "None" not in card and "model-index" not in card
