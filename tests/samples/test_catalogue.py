from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

import pytest

from mbegu.core.errors import UsageError
from mbegu.core.language import parse_language
from mbegu.samples.catalogue import Corpus, corpora, families, find_corpus

WINDOWS_RESERVED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def test_the_sources_that_people_look_for_are_there() -> None:
    names = {family.name for family in families()}
    assert {"african-storybook", "common-voice", "udhr", "masakhanews", "tico-19", "mafand", "lacuna-news", "nchlt"} <= names
    assert {"masakhanews-yor", "lacuna-news-hau", "common-voice-kin", "african-storybook-swh", "udhr-amh", "udhr-wol"} <= {c.name for c in corpora()}


def test_every_file_is_pinned() -> None:
    for corpus in corpora():
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", corpus.repository)
        assert re.fullmatch(r"[0-9a-f]{40}", corpus.commit)
        assert corpus.files
        assert corpus.homepage.startswith("https://")
        for file in corpus.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256), file
            assert 0 < file.bytes < 100_000_000, file


def test_names_are_unique_and_languages_are_known() -> None:
    names = [corpus.name for corpus in corpora()]
    assert len(set(names)) == len(names)
    for language in {language for corpus in corpora() for language in corpus.languages}:
        assert parse_language(language).code == language


def test_names_of_files_are_safe_on_every_system() -> None:
    for corpus in corpora():
        seen = set()
        for file in corpus.files:
            parts = PurePosixPath(file.local).parts
            assert parts
            assert not any(WINDOWS_RESERVED.search(part) or part == ".." for part in parts), file.local
            assert len(file.local.encode("utf-8")) < 150
            assert unicodedata.is_normalized("NFC", file.local)
            seen.add(file.local.casefold())
        assert len(seen) == len(corpus.files), corpus.name


def test_addresses_are_https_and_ascii_also_for_other_letters() -> None:
    for corpus in corpora():
        for file in corpus.files:
            url = corpus.url(file)
            assert url.isascii()
            assert " " not in url
            assert url.startswith(f"https://raw.githubusercontent.com/{corpus.repository}/{corpus.commit}/")


def test_licence_traps_are_said() -> None:
    def use_of(name: str) -> str:
        return find_corpus(name).commercial_use

    assert use_of("mafand-swa") == "no"
    assert "NON-COMMERCIAL" in find_corpus("mafand-swa").note
    assert use_of("african-storybook-zul") == "story by story"
    assert any(file.local == "LICENCES" for file in find_corpus("african-storybook-zul").files)
    assert use_of("masakhanews-hau") == use_of("udhr-yor") == use_of("masakhaner-news-amh") == "not stated"
    assert use_of("lacuna-news-yor") == "treat as no"
    assert "MasakhaNER" in find_corpus("lacuna-news-yor").note
    assert use_of("common-voice-kin") == use_of("tico-19-eng+swh") == "yes"
    assert all(corpus.licence and corpus.commercial_use and corpus.title and corpus.format for corpus in corpora())


def test_corpora_of_one_language() -> None:
    names = [corpus.name for corpus in corpora("yor_Latn")]
    assert {"lacuna-news-yor", "masakhanews-yor", "niger-volta-yor", "udhr-yor", "african-storybook-yor"} == set(names)
    assert "tico-19-amh+orm" in [corpus.name for corpus in corpora("orm")]
    assert corpora("zzz") == ()


def test_sizes_add_up() -> None:
    corpus = find_corpus("common-voice-kin")
    assert corpus.bytes == 2_024_448 + 2_199_541 + 701_279
    family = next(family for family in families() if family.name == "common-voice")
    assert family.languages == ("hau", "kin", "nep")
    assert family.bytes == sum(corpus.bytes for corpus in family.corpora)


def test_files_get_names_that_can_be_read_as_text() -> None:
    def locals_of(corpus: Corpus) -> list[str]:
        return [file.local for file in corpus.files]

    assert locals_of(find_corpus("mafand-wol")) == ["dev.wol.txt", "test.wol.txt", "train.wol.txt"]
    assert locals_of(find_corpus("lacuna-news-yor")) == ["yor.txt"]
    assert locals_of(find_corpus("sona-zul")) == ["SONA_2022-02-10/zul.txt", "SONA_2023-02-9/zul.txt"]


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(UsageError, match=r"no corpus called 'masakhanews-yo' \(did you mean 'masakhanews-yor'.*mbegu samples"):
        find_corpus("masakhanews-yo")
