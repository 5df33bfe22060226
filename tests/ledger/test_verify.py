import random
from pathlib import Path

from mbegu.ledger.record import write_record
from mbegu.ledger.store import Ledger
from mbegu.ledger.verify import verify_ledger


def test_a_sound_ledger_has_no_problems(three_runs, tmp_path):
    assert verify_ledger(tmp_path / "ledger") == []
    assert verify_ledger(tmp_path / "none") == []


def test_a_flipped_bit_anywhere_is_named_once_and_where_it_is(three_runs, tmp_path):
    dice = random.Random(1)
    files = Ledger(tmp_path / "ledger").files()
    for _ in range(100):
        path = dice.choice(files)
        sound = path.read_bytes()
        flipped = bytearray(sound)
        flipped[dice.randrange(len(sound))] ^= 1 << dice.randrange(8)
        path.write_bytes(flipped)
        assert [Path(problem.where).name for problem in verify_ledger(tmp_path / "ledger")] == [path.name]
        path.write_bytes(sound)


def test_a_missing_run_breaks_the_chain(three_runs, tmp_path):
    Ledger(tmp_path / "ledger").files()[1].unlink()
    (problem,) = verify_ledger(tmp_path / "ledger")
    assert "chain" in problem.what and problem.where.endswith("000003-train.json")


def test_a_run_written_anew_with_a_right_hash_breaks_the_chain(three_runs, tmp_path):
    import dataclasses

    write_record(tmp_path / "ledger", dataclasses.replace(three_runs[0], seconds=0.0))
    (problem,) = verify_ledger(tmp_path / "ledger")
    assert "chain" in problem.what and problem.where.endswith("000002-tokenizer.json")


def test_a_run_under_way_is_no_damage(three_runs, begin, tmp_path):
    run = begin("export")
    assert verify_ledger(tmp_path / "ledger") == []
    run.finish("done")
