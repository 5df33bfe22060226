from __future__ import annotations

import errno
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest

import mbegu.samples
from mbegu.core.errors import InputError, ResourceError, SettingsError
from mbegu.samples import builtin
from mbegu.samples.builtin import builtin_samples, copy_sample


def some_language() -> str:
    return builtin_samples()[-1].language


def test_the_texts_are_listed_with_licence_and_origin() -> None:
    samples = builtin_samples()
    assert {"swh_Latn", "yor_Latn"} <= {sample.language for sample in samples}
    for sample in samples:
        assert sample.licence == "CC0-1.0"
        assert "machine-written" in sample.origin
        assert "not reviewed by a speaker" in sample.origin
        assert sample.documents > 1
        assert sample.bytes > 1000
        assert sample.name


def test_the_origin_stands_beside_the_texts() -> None:
    origin = (Path(mbegu.samples.__file__).parent / "text" / "ORIGIN.md").read_text(encoding="utf-8")
    for words in ("machine-written for this project", "not been reviewed by a speaker", "only for demonstration", "CC0-1.0"):
        assert words in origin.replace("\n", " ")


def test_every_text_is_nfc_utf8() -> None:
    for file in (Path(mbegu.samples.__file__).parent / "text").rglob("*.txt"):
        text = file.read_bytes().decode("utf-8")
        assert unicodedata.is_normalized("NFC", text), file
        assert "\ufffd" not in text


def test_a_copy_has_one_file_a_document(tmp_path: Path) -> None:
    for sample in builtin_samples():
        files = copy_sample(sample.language, tmp_path / sample.language / "ጽሑፍ")
        assert len(files) == sample.documents
        assert sum(file.stat().st_size for file in files) == sample.bytes
        assert sorted(files) == files


def test_the_script_may_be_left_out_and_a_second_copy_changes_nothing(tmp_path: Path) -> None:
    language = some_language()
    files = copy_sample(language.split("_")[0], tmp_path)
    before = [file.stat().st_mtime_ns for file in files]
    assert copy_sample(language, tmp_path) == files
    assert [file.stat().st_mtime_ns for file in files] == before


def test_a_file_of_the_user_is_never_replaced(tmp_path: Path) -> None:
    language = some_language()
    name = copy_sample(language, tmp_path / "first")[-1].name
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="another file of this name is already here"):
        copy_sample(language, tmp_path / "second")
    assert [file.read_text(encoding="utf-8") for file in (tmp_path / "second").iterdir()] == ["mine"]


def test_a_full_disk_is_said_and_the_next_copy_completes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ResourceError, match="the disk is full"):
            copy_sample(some_language(), tmp_path)
    assert len(copy_sample(some_language(), tmp_path)) == builtin_samples()[-1].documents


def test_a_language_without_text_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(SettingsError, match=r"no built-in text in 'yor_Lat' \(did you mean 'yor_Latn'.*Use one of: .*swh_Latn"):
        copy_sample("yor_Lat", Path("nowhere"))
    with pytest.raises(SettingsError):
        copy_sample("..", Path("nowhere"))


def test_it_works_from_inside_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "mbegu.zip", "w") as archive:
        archive.writestr("text/ORIGIN.md", "x")
        archive.writestr("text/amh_Ethi/1.txt", "ሰላም\n")
        archive.writestr("text/amh_Ethi/2.txt", "ሰላም ሰላም\n")
    with zipfile.ZipFile(tmp_path / "mbegu.zip") as archive:
        monkeypatch.setattr(builtin, "_text_folder", lambda: zipfile.Path(archive, "text/"))
        assert [(sample.language, sample.documents) for sample in builtin_samples()] == [("amh_Ethi", 2)]
        assert [file.read_text(encoding="utf-8") for file in copy_sample("amh", tmp_path / "out")] == ["ሰላም\n", "ሰላም ሰላም\n"]
