"""plan.toml: what is written comes back, and a hand that edits it is told everything that is wrong at once."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.tiny import PLAN

from mbegu.core.durable import sha256_file
from mbegu.core.errors import InputError, ResourceError, SettingsError
from mbegu.core.report import Say
from mbegu.train.planfile import ExpectedPlan, fingerprint, read_plan, write_plan

FULL = replace(
    PLAN,
    computer=replace(PLAN.computer, device="cuda", dtype="bfloat16", threads=3),
    expected=ExpectedPlan(budget="2kWh", seconds=1e5, passes=3.25, parameters=10**7, disk_bytes=10**10, energy_kwh=0.125, energy_method="modelled"),
)


def problems_of(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_plan(path)
    message = caught.value.one_line()
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize("plan", [PLAN, FULL])
def test_what_is_written_comes_back(tmp_path: Path, plan: object) -> None:
    path = tmp_path / "ẹ̀kọ́ 🌱" / "plan.toml"
    write_plan(path, plan)  # type: ignore[arg-type]
    assert read_plan(path) == plan
    before = path.read_bytes()
    write_plan(path, read_plan(path))
    assert path.read_bytes() == before


def test_it_says_on_top_what_it_is_for() -> None:
    assert PLAN.to_toml().startswith("# The plan of the training.")
    assert "delete the file" in PLAN.to_toml()


def test_an_edited_number_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    text = PLAN.to_toml().replace("steps = 12", "steps = 900", 1).replace("\ndropout = 0.2", "\ndropout = 0")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_plan(path) == replace(PLAN, training=replace(PLAN.training, steps=900, dropout=0.0))


def test_what_has_a_default_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.to_toml().split("[computer]")[0], encoding="utf-8")
    plan = read_plan(path)
    assert (plan.model, plan.training, plan.expected.budget, plan.computer.threads) == (PLAN.model, PLAN.training, "", 1)


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    text = (
        PLAN.to_toml()
        .replace("hidden_size = 32", 'hidden_size = "wide"')
        .replace("layers = 2", "layer = 2")
        .replace("dropout = 0.2", "dropout = 0.95")
        .replace('dtype = "float32"', 'dtype = "float16"')
        .replace("threads = 1", "threads = 0")
        .replace("[expected]", "[expect]")
    )
    message = problems_of(tmp_path / "plan.toml", text)
    for problem in (
        "no section [expect] (did you mean 'expected'?)",
        "[model] hidden_size: expected a whole number, found 'wide'",
        "[model] has no setting 'layer' (did you mean 'layers'?)",
        "[model] needs 'layers': blocks",
        "[training] dropout: 0.95 is above the largest allowed, 0.9",
        "[computer] dtype: 'float16' is not one of float32, bfloat16",
        "[computer] threads: 0 is below the smallest allowed, 1",
        "Mend these, or delete the file and plan again.",
    ):
        assert problem in message


def test_sizes_that_do_not_fit_together_are_all_named(tmp_path: Path) -> None:
    text = PLAN.to_toml().replace("kv_heads = 1", "kv_heads = 3").replace("head_size = 16", "head_size = 15").replace("_at_once = 2", "_at_once = 3")
    text = text.replace("short_context = 0", "short_context = 5").replace("\noutput_decay = 0.1", "\noutput_decay = 40.0")
    text = text.replace("embedding_rate = 0.004", "embedding_rate = 0.5")
    text = text.replace("\nweight_decay = 0.3", "\nweight_decay = 9.0").replace("matrix_rate = 0.02", "matrix_rate = 0.2")
    message = problems_of(tmp_path / "plan.toml", text)
    for problem in (
        "[model] kv_heads 3 does not divide heads 2",
        "[model] head_size 15 is odd",
        "[training] short_context 5 does not divide context 16",
        "[training] sequences_at_once 3 does not divide sequences_per_step 4",
        "[training] output_decay 40.0 times the output's rate 0.5 takes all of it away in a step",
        "[training] weight_decay 9.0 times matrix_rate 0.2 takes all of the matrices away in a step",
    ):
        assert problem in message


def test_what_does_not_fit_is_named_beside_what_cannot_be_read(tmp_path: Path) -> None:
    text = PLAN.to_toml().replace("steps = 12", "steps = 0").replace("kv_heads = 1", "kv_heads = 3").replace("[computer]", "[computre]")
    message = problems_of(tmp_path / "plan.toml", text)
    for problem in ("[training] steps: 0 is below", "[model] kv_heads 3 does not divide heads 2", "no section [computre]"):
        assert problem in message


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("steps = 12", "steps = 0"), "[training] steps: 0 is below the smallest allowed, 1"),
        (("steps = 12", "steps = true"), "[training] steps: expected a whole number, found True"),
        (("seed = 7", "seed = 4294967296"), "[training] seed: 4294967296 is above the largest allowed, 4294967295"),
        (("weight_decay = 0.3", "weight_decay = nan"), "[training] weight_decay: expected a number, found nan"),
        (("context = 16", "context = 8"), "[model] context: 8 is below the smallest allowed, 16 tokens"),
        (("vocabulary_size = 300", "vocabulary_size = 100"), "[model] vocabulary_size: 100 is below the smallest allowed, 259 tokens"),
    ],
)
def test_values_out_of_range_are_refused(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    assert change[0] in PLAN.to_toml()
    assert problem in problems_of(tmp_path / "plan.toml", PLAN.to_toml().replace(*change))


def test_what_is_no_section_is_refused(tmp_path: Path) -> None:
    message = problems_of(tmp_path / "plan.toml", "model = 5\ntraining = []\n")
    assert "model is not a section but 5" in message
    assert "training is not a section but []" in message


@pytest.mark.parametrize("text", ["steps 12", "[model]\nlayers = ", "[model\n", "a = 1\na = 2"])
def test_what_is_not_toml_is_refused_with_the_place(tmp_path: Path, text: str) -> None:
    message = problems_of(tmp_path / "plan.toml", text)
    assert "not TOML" in message
    assert "line" in message
    assert "Mend the line, or delete the file and plan again." in message


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(PLAN.to_toml().encode("utf-16"))
    with pytest.raises(SettingsError, match=r"the plan is not UTF-8 text .* Save it as UTF-8, or delete the file"):
        read_plan(tmp_path / "plan.toml")


def test_an_empty_file_is_told_which_sections_it_needs(tmp_path: Path) -> None:
    message = problems_of(tmp_path / "plan.toml", "")
    assert "no section [model], which every plan has; no section [training], which every plan has" in message
    assert "needs 'vocabulary_size'" not in message, "not every key of a section that is not there"


def test_an_empty_section_is_told_every_key_it_needs(tmp_path: Path) -> None:
    message = problems_of(tmp_path / "plan.toml", "[model]\n[training]\n")
    assert "[model] needs 'vocabulary_size'" in message
    assert "[training] needs 'steps': steps of the optimiser; the training ends here" in message


def test_work_counts_a_model_that_has_teachers_as_longer() -> None:
    alone = replace(PLAN.training, steps=10, teachers=0)
    assert [alone.work(step) for step in (0, 5, 10)] == [0, 5, 10]
    taught = replace(alone, teachers=2)
    assert taught.all_steps == 30
    assert [taught.work(step) for step in (10, 20, 30)] == pytest.approx([10, 20, 36]), "each teacher that reads along costs 0.3 of a step"


def test_a_file_that_is_not_there_or_not_readable_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder \(.*plan\.toml\)"):
        read_plan(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").mkdir()
    if os.name != "nt":
        with pytest.raises(ResourceError, match=r"could not read or write.*plan\.toml"):
            read_plan(tmp_path / "plan.toml")


def test_the_fingerprint_is_the_hash_of_the_file(tmp_path: Path) -> None:
    say = Say(io.StringIO())
    assert fingerprint(None, tmp_path, say) == ""
    write_plan(tmp_path / "plan.toml", PLAN)
    first = fingerprint(None, tmp_path, say)
    assert first == sha256_file(tmp_path / "plan.toml")
    write_plan(tmp_path / "plan.toml", FULL)
    assert fingerprint(None, tmp_path, say) != first
