from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mbegu.core.errors import DamageError, InputError, MbeguError
from mbegu.corpus.identify import model_file
from mbegu.corpus.identify.model_file import Model, line_key, line_size, read_model, write_model


@pytest.fixture
def path(tmp_path: Path, taught: Model) -> Path:
    path = tmp_path / "ọmọ" / "identifier.npz"
    model = Model(dict(taught.languages), {line_key("ẹ káàárọ̀"): ("yor", line_size("ẹ káàárọ̀"))})
    assert write_model(path, model) == path.stat().st_size
    return path


def test_what_is_written_is_read(path: Path, taught: Model) -> None:
    read = read_model(path)
    assert list(read.languages) == sorted(taught.languages)
    assert read.overruled == {line_key("ẹ káàárọ̀"): ("yor", 9)}
    for code, expected in taught.languages.items():
        found = read.languages[code]
        assert (found.counts.grams == expected.counts.grams).all()
        assert (found.counts.counts == expected.counts.counts).all()
        assert (found.counts.scripts, found.typical_cost, found.sources) == (expected.counts.scripts, expected.typical_cost, expected.sources)


def test_the_same_model_is_the_same_bytes(path: Path) -> None:
    before = path.read_bytes()
    write_model(path, read_model(path))
    assert path.read_bytes() == before


def test_it_holds_no_line_of_text_and_no_path(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        unpacked = b"".join(archive.read(name) for name in archive.namelist())
    for line in ("ẹ káàárọ̀", "wanacheza", "ọmọ/"):
        assert line.encode() not in unpacked
        assert line.encode("utf-32-le") not in unpacked


def test_a_flipped_bit_or_a_lost_end_is_found(path: Path) -> None:
    good = path.read_bytes()
    expected = read_model(path)
    rng = random.Random(3)
    refused = 0
    for _ in range(60):
        at = rng.randrange(len(good))
        path.write_bytes(good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1 :])
        try:
            read = read_model(path)
        except MbeguError as error:
            assert isinstance(error, DamageError)
            refused += 1
        else:  # a bit that means nothing, such as the time of a member
            assert read.overruled == expected.overruled
            assert all((read.languages[code].counts.counts == each.counts.counts).all() for code, each in expected.languages.items())
    assert refused > 50
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(DamageError, match=r"damaged, or is none.*Put back a copy of the file, or remove it"):
        read_model(path)


def test_an_array_of_another_model_is_found(path: Path) -> None:
    with np.load(path) as arrays:
        held = dict(arrays)
    held["counts.yor"] = held["counts.yor"] + np.uint32(1)
    np.savez_compressed(path, **held)
    with pytest.raises(DamageError, match="a part of it has another hash"):
        read_model(path)


def test_a_file_of_another_version_or_far_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_file, "VERSION", 2)
    with pytest.raises(DamageError, match="has version 1, this Mbegu reads 2"):
        read_model(path)
    monkeypatch.setattr(model_file, "MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(DamageError, match="far too large unpacked"):
        read_model(path)


def test_an_array_that_says_it_is_huge_is_no_lack_of_memory(path: Path) -> None:
    held = io.BytesIO()
    np.lib.format.write_array_header_1_0(held, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("about.npy", held.getvalue() + b"{}")
    with pytest.raises(DamageError, match=r"its part 'about\.npy' says that it is larger than it is"):
        read_model(path)


def test_python_objects_are_not_unpacked(path: Path) -> None:
    np.savez_compressed(path, about=np.array([{"version": 1}], dtype=object))
    with pytest.raises(DamageError):
        read_model(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_model(tmp_path / "none.npz")
