import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mbegu.core.errors import InputError, MbeguError, ResourceError
from mbegu.core.steps import ProjectSettings
from mbegu.ledger import recorder as recorder_module
from mbegu.ledger.energy.choose import MeterChoice
from mbegu.ledger.energy.processor_model import idle_energy
from mbegu.ledger.energy.value import BATTERY, METER, Energy
from mbegu.ledger.record import RunRecord, read_record
from mbegu.ledger.recorder import RunRecorder, utc_now
from mbegu.ledger.spent import Spent
from mbegu.ledger.store import Ledger, file_hash
from mbegu.ledger.verify import verify_ledger


def test_a_run_is_written_when_it_begins_and_when_it_ends(begin, tmp_path):
    run = begin()
    path = tmp_path / "ledger" / "000001-corpus.json"
    assert read_record(path).status == "running"
    run.finish("done", outputs_sha256="cd" * 32, facts={"threads": 2, "seed": 1, "documents": 3})
    record = read_record(path)
    assert (record.status, record.outputs_sha256, record.threads, record.seed, record.facts["documents"]) == ("done", "cd" * 32, 2, 1, 3)
    assert record.energy is not None and record.energy.method and record.energy_reason
    assert record.versions["mbegu"] and record.peak_memory_bytes > 1_000_000
    assert record.settings == {"text": "ẹ̀kọ́ ትምህርት ߞߊߙߊ߲"}


def test_records_are_chained(three_runs, tmp_path):
    files = Ledger(tmp_path / "ledger").files()
    assert [path.name for path in files] == ["000001-corpus.json", "000002-tokenizer.json", "000003-train.json"]
    assert [record.previous for record in three_runs] == ["", file_hash(files[0]), file_hash(files[1])]


def test_an_error_closes_the_run_as_failed_with_its_words(begin, tmp_path):
    with pytest.raises(InputError), begin():
        raise InputError("the text is empty", "text/a.txt", "add some text")
    (record,) = Ledger(tmp_path / "ledger").runs()
    assert (record.status, record.error) == ("failed", "the text is empty (text/a.txt). Add some text.")


def test_an_interrupt_closes_the_run_as_interrupted(begin, tmp_path):
    with pytest.raises(KeyboardInterrupt), begin():
        raise KeyboardInterrupt
    assert Ledger(tmp_path / "ledger").runs()[0].status == "interrupted"


def test_a_step_that_says_nothing_is_not_done(begin, tmp_path):
    with begin():
        pass
    assert Ledger(tmp_path / "ledger").runs()[0].status == "failed"


def test_a_run_cannot_be_closed_twice(begin):
    run = begin()
    run.finish("done")
    with pytest.raises(RuntimeError, match="closed already"):
        run.finish("done")
    assert run.heartbeat() is False


def test_what_a_step_leaves_out_is_said_unless_the_method_knows_it(begin):
    run = begin()
    assert run.energy().left_out == ""
    run.leave_out("the graphics processor", (METER, BATTERY))
    run.leave_out("the lamp", (run.energy().method.split(";")[0],))
    assert run.energy().left_out == "the graphics processor"
    assert run.finish("done").energy.left_out == "the graphics processor"


def test_the_record_is_written_every_5_seconds_at_first_and_every_15_later(begin, monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(recorder_module.time, "monotonic", lambda: now)
    run = begin()
    began = now - run.seconds()
    written = []
    while now < began + 200:
        now += 0.5
        if run.heartbeat():
            written.append(now - began)
    waits = [after - before for before, after in itertools.pairwise(written)]
    assert waits[0] == pytest.approx(5, abs=1)
    assert max(waits) == pytest.approx(15, abs=0.5)
    assert min(waits[8:]) == pytest.approx(15, abs=0.5)
    run.finish("done")


def test_facts_are_kept_until_the_record_is_written(begin, monkeypatch):
    run = begin()
    assert run.heartbeat({"step": 1}) is False
    monkeypatch.setattr(recorder_module, "LONGEST_BEAT_S", 0.0)
    assert run.heartbeat({"tokens": 5}) is True
    assert run.record.facts == {"step": 1, "tokens": 5}
    assert run.record.status == "running"
    run.finish("done")


def test_a_killed_run_is_closed_as_cut_off_with_what_it_knew(begin, tmp_path):
    code = f"""
import os, sys, time
from pathlib import Path
from mbegu.core.steps import ProjectSettings
from mbegu.ledger import recorder
from mbegu.ledger.store import Ledger
recorder.LONGEST_BEAT_S = 0.0
ledger = Ledger(Path({str(tmp_path / "ledger")!r}))
run = ledger.begin(step="train", version=1, key="k", settings={{}}, inputs={{}}, project=ProjectSettings(language="yor"))
end = time.process_time() + 0.2
while time.process_time() < end: pass
run.heartbeat({{"steps": 41}})
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    ledger = Ledger(tmp_path / "ledger")
    assert ledger.runs()[0].status == "running"
    begin("export", "k2").finish("done")
    cut, done = ledger.runs()
    assert (cut.status, cut.facts) == ("cut off", {"steps": 41})
    assert cut.cpu_seconds >= 0.15 and cut.energy.kwh > 0
    assert done.previous == file_hash(ledger.files()[0])
    assert verify_ledger(ledger.folder) == []
    totals = ledger.totals()
    assert totals.by_status == {"cut off": 1, "done": 1} and totals.cpu_seconds >= 0.15


def test_a_killed_run_has_lost_no_more_than_the_last_seconds_though_the_step_never_asks(tmp_path):
    code = f"""
import os, time
from pathlib import Path
from mbegu.core.steps import ProjectSettings
from mbegu.ledger import recorder
from mbegu.ledger.store import Ledger
recorder.LONGEST_BEAT_S = recorder.LEAST_WAIT_S = 0.1
project = ProjectSettings(language="yor")
with Ledger(Path({str(tmp_path)!r})).begin(step="train", version=1, key="k", settings={{}}, inputs={{}}, project=project) as run:
    time.sleep(2)
    print(run.seconds(), flush=True)
    os._exit(9)
"""
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout
    (run,) = Ledger(tmp_path).runs()
    assert run.status == "running"
    assert float(said) - 1 <= run.seconds <= float(said)


def test_a_full_disk_does_not_stop_the_record_from_being_written_later(begin, monkeypatch, tmp_path):
    monkeypatch.setattr(recorder_module, "LONGEST_BEAT_S", 0.01)
    monkeypatch.setattr(recorder_module, "LEAST_WAIT_S", 0.01)
    tries, write = [], recorder_module.write_record

    def full_at_first(folder: Path, record: RunRecord) -> Path:
        tries.append(record)
        if len(tries) == 2:
            raise ResourceError("the disk is full")
        return write(folder, record)

    monkeypatch.setattr(recorder_module, "write_record", full_at_first)
    with begin() as run:
        deadline = time.monotonic() + 10
        while len(tries) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        run.finish("done")
    assert len(tries) >= 4
    assert Ledger(tmp_path / "ledger").runs()[0].status == "done"


def test_a_damaged_file_never_stops_a_run_and_is_kept(three_runs, begin, tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    path = ledger.files()[-1]
    path.write_bytes(b"\x00 broken")
    begin("export").finish("done")
    assert path.read_bytes() == b"\x00 broken"
    assert [run.step for run in ledger.runs()] == ["corpus", "tokenizer", "export"]
    assert ledger.runs()[-1].number == 4
    assert [Path(problem.where).name for problem in ledger.damage()] == ["000003-train.json"]
    assert [Path(problem.where).name for problem in verify_ledger(ledger.folder)] == ["000003-train.json"]


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="needs a file that cannot be read")
def test_an_unreadable_file_never_stops_a_run(three_runs, begin, tmp_path):
    path = Ledger(tmp_path / "ledger").files()[-1]
    path.chmod(0)
    begin("export").finish("done")
    assert "no permission" in str(verify_ledger(tmp_path / "ledger")[0])
    path.chmod(0o600)


def test_totals_sum_energy_with_its_methods_and_can_be_narrowed(three_runs, tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    everything, one = ledger.totals(), ledger.totals(keys={"k3"})
    assert (everything.runs, one.runs, ledger.totals(step="corpus").runs) == (3, 1, 1)
    assert everything.energy.high_kwh == pytest.approx(sum(run.energy.high_kwh for run in three_runs))
    assert everything.runs_without_energy == 0
    assert Ledger(tmp_path / "none").totals().energy is None


def test_a_meter_file_that_ends_too_early_gives_way_to_the_model(tmp_path, laptop):
    (tmp_path / "meter.csv").write_text("time,kWh\n2020-01-01T00:00:00Z,1\n2020-01-02T00:00:00Z,2\n", encoding="utf-8")
    project = ProjectSettings(language="yor", meter_file="meter.csv")
    run = Ledger(tmp_path / "ledger").begin(step="corpus", version=1, key="k", settings={}, inputs={}, project=project, machine=laptop)
    record = run.finish("done")
    assert record.energy.method == "modelled from processor time"
    assert "the meter file has no reading after" in record.energy_reason


def test_a_wrong_meter_file_is_said_before_the_step_runs(tmp_path, laptop):
    project = ProjectSettings(language="yor", meter_file="no.csv")
    with pytest.raises(InputError, match=r"no\.csv"):
        Ledger(tmp_path / "ledger").begin(step="corpus", version=1, key="k", settings={}, inputs={}, project=project, machine=laptop)
    assert Ledger(tmp_path / "ledger").files() == []


def test_a_full_disk_does_not_hide_the_error_under_way(begin, monkeypatch, tmp_path):
    def full(*_args: object) -> None:
        raise ResourceError("the disk is full")

    with pytest.raises(InputError, match="the real trouble"), begin():
        monkeypatch.setattr(recorder_module, "write_record", full)
        raise InputError("the real trouble")
    monkeypatch.undo()
    assert Ledger(tmp_path / "ledger").runs()[0].status == "running"


def test_other_files_in_the_folder_are_left_alone(three_runs, tmp_path):
    (tmp_path / "ledger" / "notes.txt").write_text("mine")
    (tmp_path / "ledger" / "000004-train.json.partial").write_text("half")
    assert len(Ledger(tmp_path / "ledger").files()) == 3


def test_is_plain_json_with_units_in_the_names(three_runs, tmp_path):
    values = json.loads((tmp_path / "ledger" / "000003-train.json").read_text(encoding="utf-8"))
    assert {"seconds", "cpu_seconds", "peak_memory_bytes", "energy", "sha256", "previous", "machine"} <= set(values)
    assert {"kwh", "low_kwh", "high_kwh", "method"} <= set(values["energy"])
    assert issubclass(InputError, MbeguError)


class Plug:
    trouble = ""

    def start(self) -> None:
        pass

    def read(self) -> Energy:
        return Energy(0.5, 0.4, 0.6, METER, "all that is plugged in", counts_idle=True)


def test_what_a_meter_counts_is_written_with_the_idle_computer_beside_it(tmp_path, laptop):
    record = RunRecord(1, "corpus", 1, "k", "running", utc_now(), utc_now())
    done = RunRecorder(tmp_path, record, MeterChoice(Plug(), "a test"), laptop).finish()
    assert done.energy.counts_idle and done.energy.idle.low_kwh < done.energy.idle.kwh < done.energy.idle.high_kwh
    assert "idle power modelled" in done.energy.work().method and done.energy.total().kwh == 0.5
    assert read_record(tmp_path / done.file_name) == done


def test_a_meter_counts_from_the_beginning_of_the_step_and_so_does_the_idle_computer_beside_it(tmp_path, laptop, monkeypatch):
    monkeypatch.setattr(recorder_module.UNCOUNTED, "take", lambda: Spent(3600.0, 3600.0))
    record = RunRecord(1, "corpus", 1, "k", "running", utc_now(), utc_now())
    done = RunRecorder(tmp_path, record, MeterChoice(Plug(), "a test"), laptop).finish()
    assert done.seconds >= 3600
    assert done.cpu_seconds >= 3600
    assert done.energy.idle.high_kwh < idle_energy(60, laptop).high_kwh
