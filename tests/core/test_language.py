from __future__ import annotations

import pytest

from mbegu.core.errors import SettingsError
from mbegu.core.language import SCRIPTS, Language, parse_language


@pytest.mark.parametrize(
    ("text", "language", "tag"),
    [
        ("yor", Language("yor", "Yoruba"), "yor"),
        ("yor_Latn", Language("yor", "Yoruba", "Latn"), "yor_Latn"),
        ("YOR-latn", Language("yor", "Yoruba", "Latn"), "yor_Latn"),
        (" amh_Ethi ", Language("amh", "Amharic", "Ethi"), "amh_Ethi"),
        ("nqo_Nkoo", Language("nqo", "N'Ko", "Nkoo"), "nqo_Nkoo"),
        ("fuf_Adlm", Language("fuf", "Pular", "Adlm"), "fuf_Adlm"),
        ("hau_Arab", Language("hau", "Hausa", "Arab"), "hau_Arab"),
        ("khm_Khmr", Language("khm", "Khmer", "Khmr"), "khm_Khmr"),
    ],
)
def test_codes_are_read(text: str, language: Language, tag: str) -> None:
    found = parse_language(text)
    assert (found.code, found.script, found.tag) == (language.code, language.script, tag)
    assert found.name.replace("’", "'").startswith(language.name.split(" ")[0][:2])


def test_names_come_with_the_code() -> None:
    assert parse_language("yor").name == "Yoruba"
    assert parse_language("swh").name == "Swahili (individual language)"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("yo", r"'yo' is not an ISO 639-3 language code\. Did you mean yor \(Yoruba\)\?"),
        ("Yoruba", r"Did you mean yor \(Yoruba\)\?"),
        ("yoruba", r"yor \(Yoruba\)"),
        ("yorubaland", r"is not a language code.*yor \(Yoruba\)"),
        ("yoru", r"Near: .*yor \(Yoruba\)"),
        ("yo_Latn", r"Did you mean yor \(Yoruba\)\?"),
        ("am", r"Did you mean amh \(Amharic\)\?"),
        ("xxx", r"A language without a code can be declared: --language qaa --language-name NAME"),
        ("zzzzzzzz", r"can be declared"),
        ("", r"'' is not a language code"),
        ("ߒߞߏ", r"is not a language code"),
        ("yor_Latn_NG", r"Did you mean yor"),
        ("../yor", r"is not a language code"),
        ("und", r"'und' is not an ISO 639-3 language code"),
        ("mul", r"'mul' is not an ISO 639-3 language code"),
    ],
)
def test_an_unknown_code_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint) as caught:
        parse_language(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["und", "mul", "Undetermined", "Multiple languages", "zxx", "mis"])
def test_what_names_no_language_is_not_advised(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_language(text)
    assert not any(f"{code} (" in str(caught.value) for code in ("und", "mul", "zxx", "mis"))


def test_a_wrong_script_is_refused_with_near_names() -> None:
    with pytest.raises(SettingsError, match=r"'Latm' is not a script that is known \(yor_Latm\)\. Use an ISO 15924 code \(did you mean 'Latn'"):
        parse_language("yor_Latm")
    with pytest.raises(SettingsError, match=r"'Ltn' is not a script that is known \(yor_Ltn\)\. Use an ISO 15924 code \(did you mean 'Latn'"):
        parse_language("yor_Ltn")
    assert set(map(len, SCRIPTS)) == {4}


def test_a_language_without_a_code_is_declared_by_name() -> None:
    assert parse_language("qaa_Ethi", "Ngaatha") == Language("qaa", "Ngaatha", "Ethi")
    assert parse_language("qtz", "Ẹdo kékeré").name == "Ẹdo kékeré"
    with pytest.raises(SettingsError, match=r"Also give its name: --language-name NAME, or language_name = .* in mbegu\.toml"):
        parse_language("qaa")


def test_another_name_for_a_known_language_is_kept() -> None:
    assert parse_language("yor", "Yorùbá").name == "Yorùbá"


def test_there_is_no_default_language() -> None:
    with pytest.raises(TypeError):
        parse_language()  # type: ignore[call-arg]


def test_a_language_of_several_codes_is_found_by_its_name() -> None:
    with pytest.raises(SettingsError, match=r"Near: swa \(Swahili \(macrolanguage\)\), swh \(Swahili \(individual language\)\)"):
        parse_language("Swahili")
