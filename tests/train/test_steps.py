"""The plan step and the train step from real corpus and tokenizer artifacts: stopped, damaged, moved, and always the same model."""

from __future__ import annotations

import io
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.model.small_decoder import random_tokens, small_decoder
from tests.train.tiny import PLAN, prepared_inputs

from mbegu.core import artifacts, durable
from mbegu.core.durable import sha256_file
from mbegu.core.errors import InputError, ResourceError, SettingsError, StoppedError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings
from mbegu.core.units import format_bytes
from mbegu.model.canaries import LINE_TOKENS, planted_lines
from mbegu.model.torch_engine import TorchEngine
from mbegu.tokenizer.encode import open_shard
from mbegu.train import budget, steps
from mbegu.train.checkpoint import load_checkpoint, save_checkpoint
from mbegu.train.planfile import read_plan, write_plan
from mbegu.train.settings import PlanSettings, TrainSettings
from mbegu.train.steps import computed_by, grow_plan, grow_train, watched_bits_per_byte

OFTEN = TrainSettings(checkpoint_every_s=0.0, sample_tokens=4)
WEIGHTS = Path("model") / "model.safetensors"


class Stopping(Say):
    """Asks to stop when a step is done, as Ctrl-C does while a step defers it."""

    def __init__(self, after_step: int = 10**9) -> None:
        super().__init__(io.StringIO())
        self.after_step = after_step

    def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
        if unit == "steps" and done >= self.after_step:
            assert self.defers_stop
            self.stop_requested = True

    @property
    def said(self) -> str:
        return self.stream.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose corpus, tokenizer and plan are done."""
    root = tmp_path_factory.mktemp("made") / "my model ߒߞߏ"
    inputs = prepared_inputs(root)
    with_plan(inputs)
    return root


def with_plan(inputs: Inputs) -> Inputs:
    out = inputs.place.grown / "plan"
    facts = grow_plan(PlanSettings(), inputs, out, Say(io.StringIO()))
    done = artifacts.seal(out, kind="plan", version=1, key="k", parents={}, facts=facts)
    return replace(inputs, artifacts={**inputs.artifacts, "plan": done})


@pytest.fixture
def inputs(made: Path, tmp_path: Path) -> Inputs:
    """A copy of that project: as it would be on another computer."""
    root = tmp_path / "copied project"
    shutil.copytree(made, root)
    done = {name: artifacts.open_artifact(root / "grown" / name) for name in ("corpus", "tokenizer", "plan")}
    return Inputs(project_settings(), Project(root), done)


def project_settings() -> ProjectSettings:
    return ProjectSettings(language="yor")


@pytest.fixture(scope="module")
def uncut(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """The training in one go: its folder, facts and words."""
    out = tmp_path_factory.mktemp("uncut")
    say = Stopping()
    done = {name: artifacts.open_artifact(made / "grown" / name) for name in ("corpus", "tokenizer", "plan")}
    facts = grow_train(TrainSettings(), Inputs(project_settings(), Project(made), done), out, say)
    return out, facts, say.said


# Text of a related language


@pytest.mark.parametrize("teachers", [0, 1])
def test_a_training_that_begins_with_a_related_language_is_the_same_after_any_cut(tmp_path: Path, teachers: int) -> None:
    training = replace(PLAN.training, steps=7, related_steps=3, teachers=teachers)
    inputs = with_plan(prepared_inputs(tmp_path / "p", replace(PLAN, training=training), related_documents=10))
    facts = grow_train(TrainSettings(), inputs, tmp_path / "uncut", Stopping())
    assert facts["related_steps"] == 3
    own = open_shard(inputs["tokenizer"].folder, "train")
    assert facts["passes"] == pytest.approx(4 * 4 * 16 / len(own.tokens), rel=0.25), "three of the steps read another text"
    rows = [json.loads(line) for line in (tmp_path / "uncut" / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [round(row["passes"] / facts["passes"], 2) for row in rows] == [0.25, 0.75, 1.0] * (teachers + 1)
    for step in range(1, training.all_steps):
        with pytest.raises(StoppedError):
            grow_train(OFTEN, inputs, tmp_path / "cut", Stopping(step))
    grow_train(OFTEN, inputs, tmp_path / "cut", Stopping())
    assert sha256_file(tmp_path / "cut" / WEIGHTS) == sha256_file(tmp_path / "uncut" / WEIGHTS)
    plain = replace(training, related_steps=0)
    write_plan(inputs.place.plan, replace(read_plan(inputs.place.plan), training=plain))
    say = Stopping()
    grow_plan(PlanSettings(), inputs, tmp_path / "plan", say)
    assert "the text of the related language is not used; delete plan.toml to plan anew" in say.said
    grow_train(TrainSettings(), with_plan(inputs), tmp_path / "plain", Stopping())
    assert sha256_file(tmp_path / "plain" / WEIGHTS) != sha256_file(tmp_path / "uncut" / WEIGHTS)


def test_a_plan_that_reads_a_related_language_where_there_is_none_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    plan = read_plan(inputs.place.plan)
    write_plan(inputs.place.plan, replace(plan, training=replace(plan.training, related_steps=2)))
    with pytest.raises(SettingsError, match=r"reads text of a related language, and there is none .*Set related_steps to 0"):
        grow_train(TrainSettings(), with_plan(inputs), tmp_path / "out", Stopping())


# An output of its own


@pytest.mark.parametrize("teachers", [0, 1])
def test_an_output_of_its_own_is_the_same_after_any_cut_and_what_was_watched_is_what_is_given(tmp_path: Path, teachers: int) -> None:
    training = replace(PLAN.training, steps=5, teachers=teachers, embedding_rate=0.2)
    plan = replace(PLAN, model=replace(PLAN.model, tied_output=False), training=training)
    inputs = with_plan(prepared_inputs(tmp_path / "p", plan))
    facts = grow_train(TrainSettings(), inputs, tmp_path / "uncut", Stopping())
    for step in range(1, training.all_steps):
        with pytest.raises(StoppedError):
            grow_train(OFTEN, inputs, tmp_path / "cut", Stopping(step))
    grow_train(OFTEN, inputs, tmp_path / "cut", Stopping())
    assert sha256_file(tmp_path / "cut" / WEIGHTS) == sha256_file(tmp_path / "uncut" / WEIGHTS)
    model = TorchEngine.open(tmp_path / "uncut" / "model").model
    _, ids, bytes_, _ = steps._training_data(read_plan(inputs.place.plan), inputs["tokenizer"])
    assert watched_bits_per_byte(model, ids, bytes_) == pytest.approx(facts["validation_bits_per_byte"], rel=1e-5)


# The plan step


def test_a_plan_that_is_there_is_used_as_it_is(inputs: Inputs, tmp_path: Path) -> None:
    text = inputs.place.plan.read_text(encoding="utf-8").replace("steps = 12", "steps = 77  # by hand", 1)
    inputs.place.plan.write_text(text, encoding="utf-8")
    say = Stopping()
    facts = grow_plan(PlanSettings(budget="1s"), inputs, tmp_path / "out", say)
    assert (tmp_path / "out" / "plan.toml").read_text(encoding="utf-8") == text == inputs.place.plan.read_text(encoding="utf-8")
    assert facts["plan"]["training"]["steps"] == 77
    assert json.loads(json.dumps(facts)) == facts
    assert "plan.toml is there and is followed to the letter: 77 steps" in say.said


def test_a_plan_for_another_vocabulary_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    plan = read_plan(inputs.place.plan)
    there = plan.model.vocabulary_size
    write_plan(inputs.place.plan, replace(plan, model=replace(plan.model, vocabulary_size=999)))
    with pytest.raises(SettingsError) as caught:
        grow_plan(PlanSettings(), inputs, tmp_path / "out", Stopping())
    assert caught.value.one_line() == (
        f"plan.toml is for a vocabulary of 999 tokens, the tokenizer has {there} ({inputs.place.plan}). "
        "Delete plan.toml to plan anew, or set vocabulary_size in [tokenizer]."
    )
    assert not (tmp_path / "out" / "plan.toml").exists()


def test_a_wrong_plan_is_refused_and_left_as_it_is(inputs: Inputs, tmp_path: Path) -> None:
    inputs.place.plan.write_text("steps = 5\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no section \[steps\].*Mend these, or delete the file and plan again"):
        grow_plan(PlanSettings(), inputs, tmp_path / "out", Stopping())
    assert inputs.place.plan.read_text(encoding="utf-8") == "steps = 5\n"


def test_without_a_plan_one_is_made_and_stays(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs.place.plan.unlink()
    made_plan = replace(PLAN, model=replace(PLAN.model, vocabulary_size=inputs["tokenizer"].facts["vocabulary_size"]))
    asked = []
    monkeypatch.setattr(steps, "make_plan", lambda settings, *_: asked.append(settings) or made_plan)
    grow_plan(PlanSettings(budget="7min"), inputs, tmp_path / "a", Stopping())
    assert read_plan(inputs.place.plan) == made_plan
    grow_plan(PlanSettings(budget="9min"), inputs, tmp_path / "b", Stopping())
    assert [settings.budget for settings in asked] == ["7min"]
    assert (tmp_path / "a" / "plan.toml").read_bytes() == (tmp_path / "b" / "plan.toml").read_bytes()


def test_a_refused_budget_leaves_no_plan(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs.place.plan.unlink()

    def refuse(*_: object) -> None:
        raise ResourceError("the budget leaves 0 s for training")

    monkeypatch.setattr(steps, "make_plan", refuse)
    with pytest.raises(ResourceError):
        grow_plan(PlanSettings(), inputs, tmp_path / "out", Stopping())
    assert not inputs.place.plan.exists()


# The train step


def test_a_whole_training(uncut: tuple[Path, dict[str, Any], str], made: Path) -> None:
    out, facts, said = uncut
    assert sorted(path.name for path in (out / "model").iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    history = [json.loads(line) for line in (out / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in history] == [3, 6, 9, 12]
    best = min(history, key=lambda row: row["watched_bits_per_byte"])
    assert (facts["best_step"], facts["validation_bits_per_byte"]) == (best["step"], best["watched_bits_per_byte"])
    engine = TorchEngine.open(out / "model")
    assert facts["parameters"] == engine.model.config.parameters()
    assert (facts["steps"], facts["tokens_seen"], facts["exact_resume"]) == (12, 12 * 4 * 16, True)
    assert facts["expected"]["budget"] == "30min"
    assert json.loads(json.dumps(facts)) == facts
    assert "learnt  bits/byte  time left" in said
    assert said.count("“") == 4, "a sample of its writing under each row"
    assert f"trained: {best['watched_bits_per_byte']:.3f} bits per byte at step {best['step']}, on the documents set aside" in said
    assert math.isfinite(engine.score(["Ọmọ náà ń lọ sí ilé ìwé"])[0].bits)


def test_the_model_that_is_kept_is_the_best_one(uncut: tuple[Path, dict[str, Any], str], inputs: Inputs) -> None:
    out, facts, _ = uncut
    plan = read_plan(inputs.place.plan)
    _, ids, bytes_, _ = steps._training_data(plan, inputs["tokenizer"])
    model = TorchEngine.open(out / "model").model
    assert watched_bits_per_byte(model, ids, bytes_) == pytest.approx(facts["validation_bits_per_byte"], rel=1e-6)


def test_a_model_that_was_better_before_the_end_is_the_one_given(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([3.0, 1.0, 2.0, 1.5])
    monkeypatch.setattr(steps, "watched_bits_per_byte", lambda *_: next(looks))
    weights: dict[int, torch.Tensor] = {}
    monkeypatch.setattr(
        steps, "save_checkpoint", lambda _, tensors, progress: weights.update({progress.step: tensors["model.layers.0.mlp.up_proj.weight"].clone()})
    )
    facts = grow_train(OFTEN, inputs, tmp_path / "train", Stopping())
    assert (facts["best_step"], facts["validation_bits_per_byte"]) == (6, 1.0)
    given = dict(TorchEngine.open(tmp_path / "train" / "model").model.named_parameters())["layers.0.mlp.up_proj.weight"]
    assert torch.equal(given, weights[6])
    assert not torch.equal(given, weights[12])


def test_lines_are_planted_beside_the_text_and_written_down(tmp_path: Path) -> None:
    inputs = prepared_inputs(tmp_path, PLAN, train_documents=200)
    plan = replace(read_plan(inputs.place.plan), training=replace(PLAN.training, steps=1, canaries=3))
    write_plan(inputs.place.plan, plan)
    grow_train(OFTEN, with_plan(inputs), tmp_path / "train", Stopping())
    learnt = json.loads((tmp_path / "train" / "learnt.json").read_text(encoding="utf-8"))
    assert learnt["canaries"] == {"asked": 3, "times": [1], "seed": 7}, "of 3 lines one fits into 200 documents"
    shard = open_shard(inputs["tokenizer"].folder, "train")
    set_aside = sum(len(shard.document(index)) for index in learnt["set_aside"])
    data, ids, _, _ = steps._training_data(plan, inputs["tokenizer"])
    assert len(ids) == set_aside + 1, "the documents set aside hold no planted line"
    assert data.tokens_per_pass == len(shard.tokens) - set_aside + LINE_TOKENS + 1
    one_pass = data.batch(0, data.tokens_per_pass // data.context + 2)[1].flatten().tolist()[: data.tokens_per_pass]
    line = [*planted_lines(1, plan.model.vocabulary_size, 7)[0].tolist(), 0]
    assert [one_pass[at : at + 17] for at in range(len(one_pass))].count(line) == 1

    without, *_ = steps._training_data(replace(plan, training=replace(plan.training, canaries=0)), inputs["tokenizer"])
    assert without.tokens_per_pass == data.tokens_per_pass - LINE_TOKENS - 1


def test_reading_in_parts_beside_a_related_language_and_teachers_is_the_same_after_any_cut(tmp_path: Path) -> None:
    training = replace(PLAN.training, steps=7, related_steps=3, teachers=1, parts_share=0.5, parts_until=0.5)
    inputs = with_plan(prepared_inputs(tmp_path / "p", replace(PLAN, training=training), related_documents=10))
    facts = grow_train(TrainSettings(), inputs, tmp_path / "uncut", Stopping())
    for step in range(1, training.all_steps):
        with pytest.raises(StoppedError):
            grow_train(OFTEN, inputs, tmp_path / "cut", Stopping(step))
    assert grow_train(OFTEN, inputs, tmp_path / "cut", Stopping())["passes"] == facts["passes"]
    assert sha256_file(tmp_path / "cut" / WEIGHTS) == sha256_file(tmp_path / "uncut" / WEIGHTS)
    write_plan(inputs.place.plan, replace(read_plan(inputs.place.plan), training=replace(training, parts_share=0.0)))
    whole = grow_train(TrainSettings(), with_plan(inputs), tmp_path / "whole", Stopping())
    assert facts["passes"] < 0.95 * whole["passes"]


@pytest.mark.parametrize("stop_after", [1, 6, 11])
def test_stopped_and_gone_on_it_is_the_same_model(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str], stop_after: int) -> None:
    out = tmp_path / "train"
    say = Stopping(stop_after)
    with pytest.raises(StoppedError) as caught:
        grow_train(TrainSettings(), inputs, out, say)
    assert caught.value.one_line() == (f"stopped at step {stop_after} of 12; all of it is saved. Run `mbegu grow` to go on; you can switch off now.")
    assert not say.defers_stop
    assert not (out / "model").exists()
    torch.manual_seed(123)
    say = Stopping()
    facts = grow_train(TrainSettings(), inputs, out, say)
    assert f"goes on at step {stop_after}" in say.said
    assert facts == uncut[1]
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)
    assert (out / "history.jsonl").read_bytes() == (uncut[0] / "history.jsonl").read_bytes()


def test_stopped_again_and_again_it_is_the_same_model(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str]) -> None:
    out = tmp_path / "train"
    for step in (2, 3, 4, 7, 8, 10):
        with pytest.raises(StoppedError, match=f"stopped at step {step} of 12"):
            grow_train(OFTEN, inputs, out, Stopping(step))
    assert grow_train(OFTEN, inputs, out, Stopping()) == uncut[1]
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_a_wish_to_stop_at_the_last_step_ends_it_well(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str]) -> None:
    assert grow_train(TrainSettings(), inputs, tmp_path / "train", Stopping(12)) == uncut[1]


class Power(BaseException):
    """The power is gone."""


@pytest.mark.parametrize("lost_at", [2, 5, 7, 12])
def test_a_power_cut_costs_only_the_steps_since_the_checkpoint(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uncut: tuple[Path, dict[str, Any], str], lost_at: int
) -> None:
    out = tmp_path / "train"

    class Cut(Stopping):
        def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
            if done == lost_at:
                raise Power

    with pytest.raises(Power):
        grow_train(OFTEN, inputs, out, Cut())
    say = Stopping()
    facts = grow_train(OFTEN, inputs, out, say)
    assert f"goes on at step {lost_at - 1}" in say.said
    assert facts == uncut[1]
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_a_cut_while_the_model_is_written_costs_no_step(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uncut: tuple[Path, dict[str, Any], str]
) -> None:
    out = tmp_path / "train"
    with monkeypatch.context() as patch:
        patch.setattr(steps, "save_model", lambda *_: (_ for _ in ()).throw(Power))
        with pytest.raises(Power):
            grow_train(TrainSettings(), inputs, out, Stopping())
    say = Stopping()
    assert grow_train(TrainSettings(), inputs, out, say) == uncut[1]
    assert "goes on at step 12" in say.said
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_checkpoints_are_written_by_the_clock(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    monkeypatch.setattr(steps, "save_checkpoint", lambda folder, tensors, progress: written.append(progress.step))
    grow_train(OFTEN, inputs, tmp_path / "often", Stopping())
    assert written == list(range(1, 13))
    written.clear()
    grow_train(TrainSettings(checkpoint_every_s=3600.0), inputs, tmp_path / "seldom", Stopping())
    assert written == [12]


def test_a_project_that_is_renamed_meanwhile_is_not_written_anew_at_its_old_place(inputs: Inputs, tmp_path: Path) -> None:
    class Renaming(Stopping):
        def progress(self, done: float, *others: Any) -> None:
            if done == 5:
                (tmp_path / "project").rename(tmp_path / "renamed")

    out = tmp_path / "project" / "train"
    with pytest.raises(InputError, match=r"the project is no longer there: it was moved, renamed or deleted.*it goes on from step 4"):
        grow_train(OFTEN, inputs, out, Renaming())
    assert not out.parent.exists()


def test_a_damaged_checkpoint_is_named_and_the_one_before_used(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str]) -> None:
    out = tmp_path / "train"
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, Stopping(9))
    newest = out / "checkpoints" / "step-00000009.safetensors"
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes(data)
    say = Stopping()
    facts = grow_train(TrainSettings(), inputs, out, say)
    assert f"! a checkpoint is damaged and not used: {newest.with_suffix('')}" in say.said
    assert "goes on at step 8" in say.said
    assert facts == uncut[1]
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_with_both_checkpoints_damaged_it_begins_anew(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str]) -> None:
    out = tmp_path / "train"
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, Stopping(9))
    for path in (out / "checkpoints").glob("*.json"):
        path.write_bytes(path.read_bytes()[:-5])
    say = Stopping(2)
    with pytest.raises(StoppedError, match="stopped at step 2 of 12"):
        grow_train(OFTEN, inputs, out, say)
    assert say.said.count("a checkpoint is damaged and not used") == 2
    say = Stopping()
    assert grow_train(TrainSettings(), inputs, out, say) == uncut[1]
    assert "goes on at step 2" in say.said
    assert "damaged" not in say.said


@pytest.mark.parametrize("changed", ["threads", "torch", "processor", "instructions", "dtype"])
def test_another_computer_is_noticed_and_told_from_then_on(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    out = tmp_path / "train"
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, Stopping(5))
    monkeypatch.setattr(steps, "computed_by", lambda *given: {**computed_by(*given), changed: "another"})
    say = Stopping(8)
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, say)
    assert f"! {changed} changed since the last step: the training goes on, but the weights are no longer those of an uncut run" in say.said
    say = Stopping()
    facts = grow_train(OFTEN, inputs, out, say)
    assert "changed since" not in say.said, "said once"
    assert facts["exact_resume"] is False, "and kept in the facts"
    assert facts["steps"] == 12


def test_a_record_from_before_is_gone_on_from_and_its_best_look_not_compared(inputs: Inputs, tmp_path: Path) -> None:
    """Looks counted the ends of documents as text then, and numpy was not noted."""
    out = tmp_path / "train"
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, Stopping(5))
    found = load_checkpoint(out / "checkpoints", Say(io.StringIO()))
    assert found is not None
    tensors, progress = found
    del progress.computed_by["numpy"]
    progress.best_bits_per_byte = 0.001
    save_checkpoint(out / "checkpoints", tensors, progress)
    say = Stopping()
    facts = grow_train(OFTEN, inputs, out, say)
    assert "changed since" not in say.said
    assert facts["validation_bits_per_byte"] > 0.001


def test_what_computed_is_known_by_name() -> None:
    assert computed_by(PLAN.computer).keys() == {"torch", "numpy", "processor", "instructions", "device", "dtype", "threads", "workers"}
    assert computed_by(PLAN.computer)["threads"] == "1"
    assert computed_by(PLAN.computer, 3)["workers"] == "3"


def test_without_samples_none_is_written(inputs: Inputs, tmp_path: Path, uncut: tuple[Path, dict[str, Any], str]) -> None:
    say = Stopping()
    facts = grow_train(TrainSettings(sample_tokens=0), inputs, tmp_path / "train", say)
    assert "“" not in say.said
    assert facts == uncut[1]
    assert sha256_file(tmp_path / "train" / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_the_cost_so_far_stands_in_the_table(inputs: Inputs, tmp_path: Path) -> None:
    say = Stopping()
    say.cost_so_far = lambda: "0.001 kWh (modelled)"
    grow_train(TrainSettings(), inputs, tmp_path / "train", say)
    assert say.said.count("0.001 kWh (modelled)") == 4


def test_a_table_that_goes_on_has_its_head(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, tmp_path / "train", Stopping(after_step=7))
    say = Stopping()
    grow_train(OFTEN, inputs, tmp_path / "train", say)
    assert "goes on at step 7" in say.said
    assert say.said.count("step  passes  learnt") == 1
    assert say.said.index("step  passes  learnt") < say.said.index("%")


def test_a_full_disk_stops_it_and_loses_nothing(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uncut: tuple[Path, dict[str, Any], str]
) -> None:
    out = tmp_path / "train"
    with monkeypatch.context() as patch:

        def full(folder: Path, tensors: Any, progress: Any) -> None:
            if progress.step >= 7:
                raise ResourceError("the disk is full", folder)
            save_checkpoint(folder, tensors, progress)

        patch.setattr(steps, "save_checkpoint", full)
        say = Stopping()
        with pytest.raises(ResourceError, match="the disk is full"):
            grow_train(OFTEN, inputs, out, say)
        assert not say.defers_stop
    found = load_checkpoint(out / "checkpoints", Stopping())
    assert found is not None
    assert found[1].step == 6
    assert grow_train(TrainSettings(), inputs, out, Stopping()) == uncut[1]
    assert sha256_file(out / WEIGHTS) == sha256_file(uncut[0] / WEIGHTS)


def test_a_training_that_comes_apart_leaves_no_model(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = steps.machine.build

    def broken(*args: Any) -> Any:
        model, optimiser = original(*args)
        optimiser.embedding_rate = float("inf")
        return model, optimiser

    monkeypatch.setattr(steps.machine, "build", broken)
    say = Stopping()
    with pytest.raises(SettingsError, match=r"the training came apart at step 1: the loss is no longer a number \(plan\.toml\)"):
        grow_train(TrainSettings(), inputs, tmp_path / "train", say)
    assert not say.defers_stop
    assert not (tmp_path / "train" / "model").exists()


def test_a_text_of_two_documents_watches_its_own_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST_WATCHED_TOKENS", 100)
    inputs = with_plan(prepared_inputs(tmp_path, train_documents=2))
    _, ids, bytes_, _ = steps._training_data(read_plan(inputs.place.plan), inputs["tokenizer"])
    tokens = np.load(inputs["tokenizer"].path("train.tokens.npy"))
    assert len(tokens) > 101
    assert ids.tolist() == [0, *tokens[:100].tolist()]
    of_text = sum(token != 0 for token in ids[1:].tolist())
    assert of_text < len(ids) - 1, "the ends of documents have no bytes"
    assert bytes_ == pytest.approx(of_text * inputs["tokenizer"].facts["bytes_per_token"]["train"])
    facts = grow_train(TrainSettings(), inputs, tmp_path / "train", Stopping())
    assert facts["steps"] == 12


# Watching


def test_watched_bits_are_those_of_windows_without_overlap() -> None:
    model = small_decoder()
    context = model.config.context
    for length in (2, 3, context, context + 1, context + 2, 16 * context + 1, 17 * context + 5):
        ids = random_tokens(model.config, 1, length)[0]
        nats = 0.0
        for start in range(0, length - 1, context):
            window = ids[start : start + context + 1]
            losses = model.logits(window[None, :-1])[0].log_softmax(-1)
            nats -= losses[torch.arange(len(window) - 1), window[1:]].double().sum().item()
        assert watched_bits_per_byte(model, ids, 50.0) == pytest.approx(nats / math.log(2) / 50.0, rel=1e-5)


def test_watching_leaves_random_numbers_and_gradients_alone() -> None:
    model = small_decoder()
    before = torch.random.get_rng_state()
    watched_bits_per_byte(model, random_tokens(model.config, 1, 70)[0], 10.0)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_disk_without_room_for_the_checkpoints_is_said_before_the_training(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a project that was planned when there was room."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(budget.shutil, "disk_usage", lambda path: usage._replace(free=50_000))
    with pytest.raises(ResourceError) as caught:
        grow_train(TrainSettings(), inputs, tmp_path / "train", Stopping())
    out = tmp_path / "train"
    plan = read_plan(inputs.place.plan)
    assert caught.value.one_line() == (
        f"the training needs {format_bytes(budget.training_disk_bytes(plan.model, plan.training))} of disk and 50.0 kB are free ({out}). "
        "Free some space and run the same command again: it goes on where it stopped."
    )
    assert not out.exists()


def test_checkpoints_that_are_there_need_no_room_again(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "train"
    with pytest.raises(StoppedError):
        grow_train(OFTEN, inputs, out, Stopping(3))
    plan = read_plan(inputs.place.plan)
    needed = budget.training_disk_bytes(plan.model, plan.training)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(budget.shutil, "disk_usage", lambda path: usage._replace(free=round(needed * 2 / 3)))
    grow_train(OFTEN, inputs, out, Stopping())


def test_files_are_written_durably(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    original = durable.replace_file
    monkeypatch.setattr(durable, "replace_file", lambda path, needed_bytes=0: written.append(path.name) or original(path, needed_bytes))
    out = tmp_path / "train"
    grow_train(TrainSettings(), inputs, out, Stopping())
    there = {path.name for path in out.rglob("*") if path.is_file()}
    assert there <= set(written)
