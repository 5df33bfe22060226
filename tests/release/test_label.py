import copy
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.label_facts import FACTS, PROJECT, artifacts_of, filled_ledger, whole_label

from mbegu.core.errors import SettingsError
from mbegu.core.steps import Project, ProjectSettings
from mbegu.evaluate.memory_words import REPEATS
from mbegu.ledger.energy.value import METER, Energy, Idle
from mbegu.ledger.record import write_record
from mbegu.ledger.store import Ledger
from mbegu.release.card import card_markdown
from mbegu.release.label import Score, gather_label, judge
from mbegu.release.label_words import label_json, label_text
from mbegu.release.page import label_html


def test_figures_come_from_the_artifacts(tmp_path):
    label = whole_label(tmp_path)
    assert (label.text.documents, label.text.bytes, label.parameters, label.context) == (5230, 8_512_000, 6_841_600, 256)
    assert (label.model.bits_per_byte, label.model.low, label.model.documents) == (1.4472, 1.421, 260)
    assert [score.name for score in label.baselines][-1] == "counting (PPMd)"
    assert [form.bits_per_byte for form in label.forms] == [1.4471, 1.448, None]
    assert label.forms[0].sha256 == "5" * 64
    assert dict(label.hashes)["corpus"] == "1" * 64


def test_groups_stand_worst_first(tmp_path):
    assert [group.bits_per_byte for group in whole_label(tmp_path).groups] == [1.72, 1.55, 1.41]


@pytest.mark.parametrize("scores", [(1.44, 1.42), (1.9,)])
def test_no_group_is_called_worst_that_is_alone_or_better_than_the_whole(tmp_path, scores):
    facts = copy.deepcopy(FACTS)
    facts["evaluate"]["groups"] = [{"name": f"ìwé {score}", "bits_per_byte": score, "documents": 9} for score in scores]
    label = whole_label(tmp_path, facts=facts)
    assert label.groups == ()
    for text in (label_text(label), card_markdown(label), label_html(label)):
        assert "worst" not in text


def test_of_which_sources_the_worst_is_said(tmp_path):
    label = whole_label(tmp_path)
    assert "Sources with 5 documents or more, worst first:" in card_markdown(label)
    assert "Source of 5 documents or more, worst first" in label_html(label)


def test_cost_counts_the_runs_that_made_it_with_those_cut_off(tmp_path):
    cost = whole_label(tmp_path).cost
    assert (cost.runs, cost.seconds, dict(cost.by_status)) == (7, 2100.0, {"cut off": 1, "done": 6})
    assert cost.energy.kwh == pytest.approx(7 * 0.003)
    assert cost.carbon.grid.name == "Nigeria" and cost.cost.currency == "NGN"


def test_runs_that_led_nowhere_are_said_of_the_work_and_in_all_as_the_others_are(tmp_path):
    label = whole_label(tmp_path)
    cost = label.cost
    assert (cost.project_runs, cost.runs_led_nowhere) == (8, 1)
    assert (cost.project_work.kwh, cost.project_total.kwh) == pytest.approx((8 * 0.003, 8 * 0.004))
    said = f"work alone {cost.project_work.text()}, in all {cost.project_total.text()}"
    assert f"- With 1 run that led nowhere: {said}" in card_markdown(label)
    assert f"<dt>With 1 run that led nowhere</dt><dd>{said}</dd>" in label_html(label)


def add_run(ledger: Ledger, step: str, status: str, energy: Energy | None = None) -> None:
    """Add a run that made no output."""
    last = ledger.runs()[-1]
    changed = dataclasses.replace(last, number=last.number + 1, step=step, key="other", status=status, outputs_sha256="")
    write_record(ledger.folder, dataclasses.replace(changed, energy=energy or last.energy))


def ledger_without_trials(folder: Path) -> Ledger:
    """Return a ledger of which every run made the model."""
    ledger = filled_ledger(folder)
    (trial,) = [path for path in ledger.files() if "an older key" in path.read_text(encoding="utf-8")]
    trial.unlink()
    return ledger


def test_without_runs_that_led_nowhere_nothing_is_said_of_them(tmp_path):
    ledger = ledger_without_trials(tmp_path / "ledger")
    add_run(ledger, "withdraw", "done")
    add_run(ledger, "release", "done")
    add_run(ledger, "release", "running")
    label = gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS))
    assert (label.cost.runs_led_nowhere, label.cost.project_work, label.cost.project_total) == (0, label.cost.work, label.cost.total)
    for text in (card_markdown(label), label_html(label)):
        assert "nowhere" not in text


def test_a_run_that_led_nowhere_makes_no_figure_smaller(tmp_path):
    ledger = ledger_without_trials(tmp_path / "ledger")
    metered = Energy(0.001, 0.0009, 0.0011, METER, "all that is plugged in", Idle(0.5, 0.1, 2.0), counts_idle=True)
    add_run(ledger, "train", "failed", metered)
    cost = gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS)).cost
    assert (cost.project_work.kwh, cost.project_work.low_kwh) == pytest.approx((cost.work.kwh, cost.work.low_kwh))
    assert cost.project_total.kwh == pytest.approx(cost.total.kwh + 0.001)


def test_a_plan_that_failed_under_another_budget_led_nowhere(tmp_path):
    ledger = ledger_without_trials(tmp_path / "ledger")
    before = gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS)).cost
    add_run(ledger, "plan", "failed")
    cost = gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS)).cost
    assert (cost.runs, cost.energy, cost.runs_led_nowhere) == (before.runs, before.energy, 1)


def test_how_much_a_run_that_was_cut_off_may_have_lasted_longer_is_said(tmp_path):
    words = "; a run that was cut off may have lasted 15 s longer"
    label = whole_label(tmp_path)
    assert all(words in text for text in (card_markdown(label), label_html(label)))
    ledger = filled_ledger(tmp_path / "ledger")
    (cut,) = [run for run in ledger.runs() if run.status == "cut off"]
    write_record(ledger.folder, dataclasses.replace(cut, status="interrupted"))
    assert "cut off" not in card_markdown(gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS)))


def test_a_step_whose_key_changed_while_it_ran_is_counted(tmp_path):
    artifacts = artifacts_of(FACTS)
    ledger = filled_ledger(tmp_path / "ledger")
    artifacts["plan"] = dataclasses.replace(artifacts["plan"], manifest={**artifacts["plan"].manifest, "key": "another"})
    (run,) = [run for run in ledger.runs() if run.step == "plan"]
    write_record(ledger.folder, dataclasses.replace(run, outputs_sha256=""))
    without = gather_label(Project(tmp_path), PROJECT, ledger, artifacts).cost.runs
    write_record(ledger.folder, dataclasses.replace(run, outputs_sha256=artifacts["plan"].sha256))
    assert gather_label(Project(tmp_path), PROJECT, ledger, artifacts).cost.runs == without + 1


def test_what_was_made_thrown_away_and_made_again_counts_once(tmp_path):
    artifacts, ledger = artifacts_of(FACTS), filled_ledger(tmp_path / "ledger")
    number = len(ledger.runs())

    def train(status: str, output: str) -> int:
        nonlocal number
        number += 1
        (first,) = [run for run in ledger.runs() if run.step == "train" and run.status == "done" and run.number <= 8]
        write_record(ledger.folder, dataclasses.replace(first, number=number, status=status, outputs_sha256=output))
        return number

    train("cut off", "")
    train("done", "f" * 64)
    kept = [train("interrupted", ""), train("failed", ""), train("done", artifacts["train"].sha256)]
    train("interrupted", "")
    cost = gather_label(Project(tmp_path), PROJECT, ledger, artifacts).cost
    (stage,) = [stage for stage in cost.stages if stage.step == "train"]
    assert stage.runs == len(kept)
    assert (cost.runs, cost.project_runs) == (len(FACTS) - 1 + len(kept), number)


def test_without_what_a_graphics_processor_draws_carbon_and_price_are_not_reckoned(tmp_path):
    ledger = filled_ledger(tmp_path / "ledger")
    (run,) = [run for run in ledger.runs() if run.step == "train" and run.status == "done"]
    write_record(ledger.folder, dataclasses.replace(run, energy=run.energy.without("the graphics processor")))
    label = gather_label(Project(tmp_path), PROJECT, ledger, artifacts_of(FACTS))
    assert (label.cost.carbon, label.cost.cost) == (None, None)
    for text in (label_text(label), card_markdown(label), label_html(label)):
        assert text.count("without the graphics processor)") >= 3, "work, total, and a million tokens of the training"
        assert text.count("not reckoned: the energy is known only without the graphics processor") >= 1


def test_the_steps_of_teachers_and_those_on_related_text_are_of_all_models(tmp_path):
    facts = copy.deepcopy(FACTS)
    facts["train"] |= {"teachers": 2, "steps": 3000, "related_steps": 400}
    settings = dict(whole_label(tmp_path, facts=facts).settings)
    assert (settings["steps"], settings["steps on text of a related language"]) == ("3,000", "1,200")
    assert "passes over the text, each model" in settings


def test_without_a_country_carbon_is_not_reckoned(tmp_path):
    label = whole_label(tmp_path, dataclasses.replace(PROJECT, country=""))
    assert label.cost.carbon is None and "not reckoned: no country was named" in label_text(label)
    label = whole_label(tmp_path / "b", dataclasses.replace(PROJECT, country="XX"))
    assert "'XX'" in label.cost.carbon_reason


def test_says_not_measured_for_all_that_is_missing(tmp_path):
    label = gather_label(Project(tmp_path / "ìwé"), ProjectSettings(language="wol"), Ledger(tmp_path / "ledger"), {})
    assert (label.name, label.verdict, label.model, label.cost.energy) == ("ìwé", "not measured", None, None)
    assert label_text(label).count("not measured") >= 5
    assert label.headline == "How good this model is was not measured."


@pytest.mark.parametrize("step", list(FACTS))
def test_no_single_fact_is_needed(tmp_path, step):
    for name in FACTS[step]:
        facts = copy.deepcopy(FACTS)
        del facts[step][name]
        label_text(whole_label(tmp_path, facts=facts))


@pytest.mark.parametrize(
    ("model", "low", "high", "verdict"),
    [(1.4, 1.3, 1.49, "better"), (1.4, 1.3, 1.5, "undecided"), (1.7, 1.6, 1.8, "worse"), (1.4, None, None, "undecided")],
)
def test_the_interval_decides_where_the_evaluation_does_not_say(model, low, high, verdict):
    assert judge(Score("m", model, low, high), [Score("a", 1.5), Score("b", 1.9)])[0] == verdict


def test_the_evaluation_compares_document_by_document_and_comes_first():
    assert judge(Score("m", 1.4, 1.3, 1.6), [Score("a", 1.5)], "better") == ("better", "Better than plain counting, by 7\u00a0%.")
    assert judge(Score("m", 1.499, 1.3, 1.6), [Score("a", 1.5)], "better")[1].endswith("by less than 1\u00a0%.")


def test_says_in_plain_words_that_counting_wins(tmp_path):
    facts = copy.deepcopy(FACTS)
    facts["evaluate"]["model"].update(bits_per_byte=1.7, interval=[1.66, 1.74])
    facts["evaluate"]["verdict"] = {"verdict": "worse", "words": "..."}
    assert label_text(whole_label(tmp_path, facts=facts)).splitlines()[1].startswith("Plain counting predicts this language better than this model")


@pytest.mark.parametrize("where", ["not_for", "licences", "sources", "contributors"])
def test_machine_written_text_is_said_loudly(tmp_path, where):
    facts, project = copy.deepcopy(FACTS), PROJECT
    if where == "not_for":
        project = dataclasses.replace(PROJECT, not_for="The text is machine-written.")
    elif where == "sources":
        facts["corpus"]["sources"][0]["name"] = "Machine-written demo"
    else:
        facts["corpus"][where] = {"machine-written": {"documents": 1, "bytes": 1}}
    assert not whole_label(tmp_path / "a").machine_written
    label = whole_label(tmp_path / "b", project, facts)
    assert label.machine_written and "MACHINE-WRITTEN" in label_text(label)


def test_json_is_whole_and_stays_the_same_through_json(tmp_path):
    values = label_json(whole_label(tmp_path))
    assert json.loads(json.dumps(values)) == values
    assert values["cost"]["energy"]["method"] and values["cost"]["energy_text"].startswith("0.021 kWh (")


def test_no_energy_stands_without_its_method(tmp_path):
    label = whole_label(tmp_path)
    amount = re.compile(r"\d k?Wh\b")
    for text in (label_text(label), card_markdown(label), re.sub("<(dd|td|p|li)", "\n<", label_html(label))):
        lines = [line for line in text.splitlines() if amount.search(line)]
        assert len(lines) >= 6 and all("modelled" in line for line in lines), lines


def test_energy_is_given_for_the_work_and_in_all(tmp_path):
    cost = whole_label(tmp_path).cost
    assert (cost.work.kwh, cost.total.kwh) == pytest.approx((7 * 0.003, 7 * 0.004))
    assert (cost.total.low_kwh, cost.total.high_kwh) == pytest.approx((7 * 0.0009, 7 * 0.016))
    text = label_text(whole_label(tmp_path / "b"))
    assert "energy, work alone" in text and "energy, in all" in text and "idle power modelled" in text


def test_carbon_and_price_are_of_all_that_was_drawn(tmp_path):
    cost = whole_label(tmp_path).cost
    assert cost.carbon.grams == pytest.approx(cost.total.kwh * 523) and cost.cost.amount == pytest.approx(cost.total.kwh * 225)
    assert "idle power modelled" in cost.carbon.energy_method and cost.cost.energy_method == cost.total.method


def test_energy_is_given_for_each_stage_and_a_million_training_tokens(tmp_path):
    label = whole_label(tmp_path)
    stages = {stage.step: stage for stage in label.cost.stages}
    assert list(stages) == list(FACTS) and (stages["train"].runs, stages["corpus"].runs) == (2, 1)
    assert stages["train"].energy.kwh == pytest.approx(2 * 0.003)
    per_million = label.cost.per_million_tokens
    assert per_million.kwh == pytest.approx(2 * 0.003 / 5.9392) and per_million.total().kwh == pytest.approx(2 * 0.004 / 5.9392)
    cost = label_json(label)["cost"]
    assert cost["training_tokens"] == 5_939_200 and cost["per_million_tokens"]["method"] and "Wh (" in cost["per_million_tokens_text"]
    assert all(stage["energy"]["method"] and stage["energy"]["low_kwh"] < stage["energy"]["high_kwh"] for stage in cost["stages"])


def test_a_generator_takes_the_place_of_the_grid(tmp_path):
    diesel = dataclasses.replace(PROJECT, energy_source="diesel", tariff_per_kwh=0.0, fuel_price_per_litre=1100.0)
    cost = whole_label(tmp_path, diesel).cost
    assert cost.carbon.grid.name == "diesel generator" and "a litre" in cost.cost.reckoned_from
    free = whole_label(tmp_path / "b", dataclasses.replace(PROJECT, country="", energy_source="solar", tariff_per_kwh=0.0)).cost
    assert free.carbon.grid.year == 2014 and free.cost is None and "no tariff or price of fuel" in free.cost_reason


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="'xx'"):
        gather_label(Project(tmp_path), ProjectSettings(language="xx"), Ledger(tmp_path), {})


def test_is_the_same_each_time(tmp_path):
    texts = {json.dumps(label_json(whole_label(Path(tmp_path) / name))) for name in ("a", "b")}
    assert len(texts) == 1


def test_too_few_documents_are_not_called_no_difference() -> None:
    counting = Score("counting (PPMd)", 1.45, None, None, 1)
    assert judge(Score("this model", 1.95, None, None, 1), [counting], "undecided")[1].startswith("Not known whether")
    assert judge(Score("this model", 1.45, 1.4, 1.5, 9), [counting], "undecided")[1] == "No clear difference from plain counting."


def repeating(facts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the facts of a model that repeats its text."""
    changed = copy.deepcopy(facts)
    changed["evaluate"]["memory"]["repeats"] = True
    return changed


def test_what_is_known_by_heart_and_twice_the_text_stand_on_every_form(tmp_path: Path) -> None:
    label = whole_label(tmp_path)
    text, card, page = label_text(label), card_markdown(label), label_html(label)
    for form in (text, card, page):
        assert "2 of 400 texts continued word for word over 50 tokens" in form
        assert "0 of 180 texts" in form
        assert "exposure 1.2 of 10 bits, mean of 4 lines: no clear sign that it is recognised; 0 of 4 written to the end" in form
        assert "counting (PPMd) would need about 3.8\u00a0% fewer bits (3.5 to 4.0\u00a0%)" in form
        assert REPEATS not in form
    assert label_json(label)["memory"]["training"]["continued"] == 2
    assert label_json(label)["more_text"]["gain_of_twice"] == 0.0379


def test_a_model_that_repeats_its_text_says_so_loudly(tmp_path: Path) -> None:
    label = whole_label(tmp_path, facts=repeating(FACTS))
    assert label_text(label).splitlines()[2] == REPEATS
    assert f"> **{REPEATS}**" in card_markdown(label)
    header = label_html(label).partition("</header>")[0]
    assert REPEATS in header
    assert "loud" in header


def test_an_older_evaluation_that_did_not_ask_says_not_measured(tmp_path: Path) -> None:
    facts = copy.deepcopy(FACTS)
    del facts["evaluate"]["memory"], facts["evaluate"]["more_text"]
    label = whole_label(tmp_path, facts=facts)
    rows = [line.split("  ") for line in label_text(label).splitlines()]
    assert ["", "what it knows by heart", "not measured"] in rows
    assert "Twice the text: not measured." in card_markdown(label)
    assert "Twice the text: not measured." in label_html(label)


@pytest.mark.parametrize(("teachers", "dropout"), [(0, "0.1"), (2, "0")])
def test_the_dropout_on_the_label_is_that_of_the_model_which_is_released(tmp_path: Path, teachers: int, dropout: str) -> None:
    facts = copy.deepcopy(FACTS)
    facts["train"]["teachers"] = teachers
    facts["plan"]["plan"]["training"] |= {"dropout": 0.1, "taught_dropout": 0.0}
    label = gather_label(Project(tmp_path), PROJECT, filled_ledger(tmp_path), artifacts_of(facts))
    assert dict(label.settings)["dropout"] == dropout
