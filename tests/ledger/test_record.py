import dataclasses

import pytest

from mbegu.core.errors import DamageError
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.record import RunRecord, read_record, write_record

RECORD = RunRecord(
    number=7,
    step="train",
    version=2,
    key="k",
    status="done",
    started="2026-03-01T10:00:00Z",
    ended="2026-03-01T10:30:00Z",
    seconds=1800.5,
    settings={"name": "Ọ̀rọ̀ Yorùbá", "script": "ߒߞߏ", "khmer": "ភាសាខ្មែរ"},
    energy=Energy(0.02, 0.01, 0.03, "a test", "nothing"),
    facts={"loss": 1.5, "passes": None},
)


def test_comes_back_as_it_was_written(tmp_path):
    assert read_record(write_record(tmp_path, RECORD)) == RECORD
    assert (tmp_path / "000007-train.json").is_file()


def test_every_flipped_bit_is_found(tmp_path):
    path = write_record(tmp_path, RECORD)
    sound = path.read_bytes()
    for place in range(len(sound)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ (1 << place % 8)]) + sound[place + 1 :])
        with pytest.raises(DamageError, match=r"000007-train\.json"):
            read_record(path)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000])
def test_other_files_are_damage_not_a_crash(tmp_path, raw):
    path = tmp_path / "000001-corpus.json"
    path.write_bytes(raw)
    with pytest.raises(DamageError, match="damaged"):
        read_record(path)


def test_a_renamed_record_is_found(tmp_path):
    path = write_record(tmp_path, RECORD)
    path.rename(tmp_path / "000008-train.json")
    with pytest.raises(DamageError, match=r"it was 000007-train\.json"):
        read_record(tmp_path / "000008-train.json")


def test_an_unknown_status_is_refused(tmp_path):
    path = write_record(tmp_path, dataclasses.replace(RECORD, status="perfect"))
    with pytest.raises(DamageError):
        read_record(path)
