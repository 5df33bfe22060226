from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.serve.documents.material import LEAFLETS, indexed

from mbegu.core.errors import DamageError
from mbegu.serve.documents.keys import keys_of
from mbegu.serve.documents.passages import Piece
from mbegu.serve.documents.store import KINDS, create_store, open_store

ADLAM = "𞤀𞤣𞤤𞤢𞤥 𞤆𞤵𞤤𞤢𞤪"


@pytest.mark.parametrize("text", [*LEAFLETS.values(), ADLAM, "zürich naïve", "a\"b' OR c* NEAR(d) -e ^f {g}: h"])
def test_every_key_of_a_text_is_found_again(tmp_path: Path, text: str) -> None:
    store = create_store(tmp_path / "x")
    store.replace_file("other.txt", "0", [Piece("kitu kingine kabisa", None, "", "")])
    store.replace_file("a.txt", "1", [Piece(text, None, "", "")])
    for kind, keys in keys_of(text).items():
        assert keys
        for key in keys:
            assert 2 in store.holding(kind, key), (kind, key)
            assert store.occurrences(kind, [key])[key] >= 1


def test_marks_are_respected(tmp_path: Path) -> None:
    store = create_store(tmp_path / "x")
    store.replace_file("a.txt", "1", [Piece("ọkọ̀", None, "", ""), Piece("oko", None, "", "")])
    assert store.holding("exact", "ọkọ̀") == [1]
    assert store.holding("exact", "oko") == [2]
    assert store.holding("bare", "oko") == [1, 2]


@pytest.mark.parametrize("key", ['" OR 1', "a* OR b", "exact: x", "') --", "NEAR(a b)", "\x00", '"'])
def test_what_looks_like_a_query_is_only_a_word(tmp_path: Path, key: str) -> None:
    store = indexed(tmp_path / "d")
    for kind in KINDS:
        assert store.holding(kind, key) == []
        assert store.occurrences(kind, [key]) == {}


def test_a_file_that_is_replaced_or_forgotten_leaves_no_key_behind(tmp_path: Path) -> None:
    store = create_store(tmp_path / "x")
    store.replace_file("a.txt", "1", [Piece("maji safi", None, "", "Kichwa")])
    store.replace_file("a.txt", "2", [Piece("homa kali", None, "", "")])
    assert store.occurrences("exact", ["maji", "kichwa", "homa"]) == {"homa": 1}
    store.forget_file("a.txt")
    assert store.occurrences("exact", ["homa"]) == {}
    assert store.occurrences("grams", keys_of("homa maji")["grams"]) == {}
    assert store.count() == 0
    assert store.files() == {}


def test_values_are_kept(tmp_path: Path) -> None:
    store = create_store(tmp_path / "x")
    assert store.meta("calibration") is None
    store.set_meta("calibration", {"threshold": 0.5, "ọ̀rọ̀": "ߒߞߏ"})
    store.close()
    assert open_store(tmp_path / "x").meta("calibration") == {"threshold": 0.5, "ọ̀rọ̀": "ߒߞߏ"}


def test_a_passage_that_was_altered_is_never_quoted(tmp_path: Path) -> None:
    store = indexed(tmp_path / "d", {"a.txt": "Toa 5 ml kwa siku."})
    store.close()
    data = store.path.read_bytes()
    assert data.count(b"Toa 5 ml") == 1
    store.path.write_bytes(data.replace(b"Toa 5 ml", b"Toa 7 ml"))
    with pytest.raises(DamageError, match=r"a passage of 'a.txt' is not what was written .*made anew from the documents"):
        open_store(store.path).passages([1])


@pytest.mark.parametrize("spoil", ["cut", "zeros", "text", "empty"])
def test_a_damaged_index_is_told(tmp_path: Path, spoil: str) -> None:
    store = indexed(tmp_path / "d", {f"{i}.txt": f"Jibu namba {i} kuhusu maji na homa." for i in range(200)})
    store.close()
    data = store.path.read_bytes()
    middle = len(data) // 2
    changed = {"cut": data[:middle], "zeros": data[:8192] + bytes(16384) + data[24576:], "text": b"no data base at all" * 400, "empty": b""}[spoil]
    store.path.write_bytes(changed)
    with pytest.raises(DamageError):
        open_store(store.path).passages_of(1)


def test_an_index_of_another_version_is_told(tmp_path: Path) -> None:
    store = indexed(tmp_path / "d")
    store.connection.execute("PRAGMA user_version = 7")
    store.close()
    with pytest.raises(DamageError, match="no index of this version"):
        open_store(store.path)


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(DamageError, match=r"there is no index .*mbegu documents index DIR"):
        open_store(tmp_path / "none")


def test_what_was_half_written_is_not_there(tmp_path: Path) -> None:
    store = create_store(tmp_path / "x")

    def pieces():  # type: ignore[no-untyped-def]
        yield Piece("maji", None, "", "")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.replace_file("a.txt", "1", pieces())
    shutil.copy(store.path, tmp_path / "copy")
    store.close()
    again = open_store(tmp_path / "copy")
    assert again.count() == 0
    assert again.files() == {}
    assert again.occurrences("exact", ["maji"]) == {}
