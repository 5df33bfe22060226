"""The planner with made-up step times: more budget is never worse, little budget is refused, the same times give the same plan."""

from __future__ import annotations

import io
import itertools
import math
from dataclasses import replace

import pytest

from mbegu.core.errors import ResourceError
from mbegu.core.report import Say
from mbegu.train import planning
from mbegu.train.computer import as_config
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan
from mbegu.train.planning import (
    FEWEST_STEPS,
    MOST_PASSES,
    SHAPES,
    Candidate,
    Text,
    choose,
    expected_bits_per_byte,
    fit_to_passes,
    looking_cost,
    make_candidate,
    output_decay,
    pressure,
    regularisation,
    sequences_per_step,
    shape_plan,
    spread_of,
)

COMPUTER = ComputerPlan(dtype="bfloat16", threads=2)
FLOPS = 2e10
TEXTS = [Text(30_000, 85_000, 1024, 2.1), Text(400_000, 1_500_000, 4096, 1.9), Text(8_000_000, 30_000_000, 16_384, 1.6)]
BUDGETS_S = [20, 60, 200, 600, 1500, 5000, 15_000, 60_000, 500_000]


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ModelPlan, TrainingPlan, ComputerPlan]]:
    """Replace the measurement by a computer that does so many operations a second; return what was asked."""
    asked: list[tuple[ModelPlan, TrainingPlan, ComputerPlan]] = []

    def step_s(model: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
        asked.append((model, training, computer))
        return 6 * as_config(model).multiplied_parameters() * training.sequences_per_step * model.context / FLOPS

    monkeypatch.setattr(planning, "measure_step_s", step_s)
    return asked


def chosen(text: Text, training_s: float, seed: int = 0) -> Candidate | None:
    try:
        return choose(text, COMPUTER, training_s, seed, Say(io.StringIO()))
    except ResourceError:
        return None


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text.tokens} tokens")
def test_more_budget_is_expected_to_give_better_models(text: Text) -> None:
    plans = [plan for budget_s in BUDGETS_S if (plan := chosen(text, budget_s))]
    assert len(plans) >= 4
    bits = [plan.bits_per_byte for plan in plans]
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(bits))
    assert bits[-1] < bits[0]
    sizes = [as_config(plan.model).multiplied_parameters() for plan in plans]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("budget_s", BUDGETS_S)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text.tokens} tokens")
def test_a_plan_keeps_within_time_and_passes(text: Text, budget_s: float) -> None:
    plan = chosen(text, budget_s)
    if plan is None:
        return
    training = plan.training
    assert training.steps * plan.step_s * (1 + looking_cost(text, training)) <= budget_s
    per_step = training.sequences_per_step * plan.model.context
    assert plan.passes == pytest.approx(planning.passes_read(training.steps * per_step / text.tokens, text, training))
    assert plan.passes <= MOST_PASSES or training.steps <= FEWEST_STEPS
    assert training.sequences_at_once <= training.sequences_per_step
    assert training.sequences_per_step % training.sequences_at_once == 0
    assert 5 <= training.warmup_steps <= 50
    looks = training.steps / training.evaluate_every_steps
    assert 5 < looks <= planning.LOOKS


def test_a_very_little_text_gets_the_fewest_steps_and_no_more() -> None:
    plan = chosen(Text(500, 1500, 300, 3.0), 1e6)
    assert plan is not None
    assert plan.training.steps == FEWEST_STEPS
    assert plan.passes > MOST_PASSES


@pytest.mark.parametrize("training_s", [-30.0, 0.0, 1.0])
def test_too_small_a_budget_is_refused_with_what_it_takes(training_s: float) -> None:
    smallest = shape_plan(SHAPES[0], TEXTS[1].vocabulary_size)
    needed_s = FEWEST_STEPS * 6 * as_config(smallest).multiplied_parameters() * 16 * smallest.context / FLOPS
    with pytest.raises(ResourceError) as caught:
        choose(TEXTS[1], COMPUTER, training_s, 0, Say(io.StringIO()), before_s=100.0)
    expected = f"the budget leaves {max(training_s, 0):.0f} s for training and measuring, and it takes {planning.format_seconds(needed_s)} at least."
    enough_min = math.ceil((needed_s / planning.PLAN_SHARE + 105) / 60)
    assert caught.value.one_line() == f"{expected} Give a --budget of {enough_min}min or more."
    assert chosen(TEXTS[1], (60 * enough_min - 100) * planning.PLAN_SHARE) is not None


def test_measuring_the_model_takes_from_the_time_for_training() -> None:
    text = TEXTS[1]
    free, busy = chosen(text, 600), chosen(replace(text, scored_tokens=100_000), 600)
    assert free is not None
    assert busy is not None
    assert free.scoring_s == 0
    assert busy.scoring_s > 0
    assert busy.training_s + busy.scoring_s <= 600
    assert busy.training.steps * as_config(busy.model).parameters() < free.training.steps * as_config(free.model).parameters()


def test_just_enough_is_enough() -> None:
    smallest = shape_plan(SHAPES[0], TEXTS[1].vocabulary_size)
    needed_s = FEWEST_STEPS * 6 * as_config(smallest).multiplied_parameters() * 16 * smallest.context / FLOPS
    assert chosen(TEXTS[1], needed_s * 0.999) is None
    plan = chosen(TEXTS[1], needed_s * 1.001)
    assert plan is not None
    assert plan.model == smallest


def test_the_same_times_give_the_same_plan_and_the_seed_only_its_seed() -> None:
    first, again, other = chosen(TEXTS[1], 2000), chosen(TEXTS[1], 2000), chosen(TEXTS[1], 2000, seed=5)
    assert first is not None
    assert other is not None
    assert first == again
    assert replace(other, training=replace(other.training, seed=0)) == first
    assert other.training.seed == 5


def test_each_shape_is_measured_as_it_would_run(measured: list[tuple[ModelPlan, TrainingPlan, ComputerPlan]]) -> None:
    plan = chosen(TEXTS[1], 2000)
    assert plan is not None
    assert {computer for _, _, computer in measured} == {COMPUTER}
    *looked_at, (model, training, _) = measured
    assert all(training.dropout > 0 for _, training, _ in looked_at), "dropout costs time"
    assert (model, training.dropout) == (plan.model, plan.training.dropout)


def test_what_was_weighed_is_said() -> None:
    said = io.StringIO()
    choose(TEXTS[1], COMPUTER, 2000, 0, Say(said))
    lines = said.getvalue().splitlines()
    assert len(lines) >= 2
    assert all("wide" in line and "ms a step" in line and "bits per byte expected" in line for line in lines)


def test_a_shape_that_is_slow_for_its_size_does_not_hide_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, wider = SHAPES[3], SHAPES[4][0]

    def step_s(model: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
        size = as_config(model).multiplied_parameters() ** 0.3 / 200
        return size * (1.4 if model.layers == slow[1] else 1.0)

    monkeypatch.setattr(planning, "measure_step_s", step_s)
    said = io.StringIO()
    plan = choose(TEXTS[2], COMPUTER, 10_000, 0, Say(said))
    bits = [float(line.split(" passes, ")[1].split()[0]) for line in said.getvalue().splitlines()]
    assert bits[3] > bits[2], "what this test is about"
    assert plan.model.hidden_size >= wider, said.getvalue()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_one_that_can_be_built_and_quantised(shape: tuple[int, int, int, int, int]) -> None:
    model = shape_plan(shape, 4096)
    assert model.hidden_size % 256 == 0
    assert model.inner_size % 256 == 0
    assert model.heads % model.kv_heads == 0
    assert model.head_size % 2 == 0


def test_shapes_go_from_small_to_large() -> None:
    sizes = [as_config(shape_plan(shape, 4096)).parameters() for shape in SHAPES]
    assert sizes == sorted(set(sizes))


def test_what_is_expected_falls_with_text_passes_and_size_and_never_below_the_floor() -> None:
    text = TEXTS[1]
    by_passes = [expected_bits_per_byte(text, 10**7, text.tokens * passes) for passes in (0.1, 0.5, 1, 2, 4, 8, 16, 32, 64, 1000)]
    assert by_passes == sorted(set(by_passes), reverse=True)
    assert by_passes[-2] - by_passes[-1] < 0.01 * by_passes[-1], "the thousandth pass teaches next to nothing"
    by_size = [expected_bits_per_byte(text, size, text.tokens * 4) for size in (10**6, 10**7, 10**8, 10**9)]
    assert by_size == sorted(set(by_size), reverse=True)
    by_text = [expected_bits_per_byte(replace(text, tokens=tokens), 10**7, tokens * 4) for tokens in (10**4, 10**5, 10**6, 10**8)]
    assert by_text == sorted(set(by_text), reverse=True)
    assert by_passes[-1] > text.counting_bits_per_byte * planning.RATIO_FLOOR
    assert math.isfinite(expected_bits_per_byte(text, 10**7, 0))
    low, high = spread_of(1.5)
    assert low < 1.5 < high


def test_more_passes_and_larger_models_are_held_back_more() -> None:
    passes = [0.1, 1, 4, 10, 11, 20, 30, 60, 100]
    for per_token in (0.1, 1, 10, 100):
        amounts = [regularisation(count, per_token) for count in passes]
        assert amounts == sorted(amounts)
    for count in passes:
        amounts = [regularisation(count, per_token) for per_token in (0.01, 0.1, 1, 10, 100, 1000)]
        assert amounts == sorted(amounts)
    every = {regularisation(count, per_token) for count in passes for per_token in (0.01, 1, 100, 1000)}
    dropouts, decays = zip(*sorted(every), strict=True)
    assert len(every) == 7
    assert list(decays) == sorted(decays)
    assert all(0 <= dropout <= 0.5 for dropout in dropouts)
    assert regularisation(18, 64) == (0.3, 1.0), "measured on 85 kB of Yoruba"
    assert regularisation(16, 28) == (0.1, 0.6), "measured on 0.25 MB of Amharic, read in parts"
    assert regularisation(16, 52) == (0.2, 0.6), "measured on 0.25 MB of Wolof"
    assert regularisation(3, 4.5) == (0, 0.3), "measured on 2 MB of Yoruba"
    assert regularisation(10, 8.4) == (0, 0.5), "measured on 2 MB of Yoruba"
    assert regularisation(16, 12.7) == (0.1, 0.6), "measured on 0.5 MB of Yoruba"


def test_the_output_decays_more_the_more_often_the_text_is_read() -> None:
    decays = [output_decay(passes, 35) for passes in (0.1, 1, 3, 8, 16, 30)]
    assert decays == sorted(decays)
    assert decays[0] == 0.1
    assert 1 < decays[3] < 3, "measured with 0.5 MB of Swahili and the sample"
    assert decays[4] == decays[5] == 6.0, "measured with 0.5 MB of Yoruba and Wolof, where 12 was worse"


def test_the_output_decays_no_more_in_a_pass_of_more_steps() -> None:
    assert output_decay(16, 66) == pytest.approx(3, rel=0.1), "measured with 1 MB of Swahili, where 1.5 and 6 were worse"
    assert 1.5 < output_decay(10, 122) < 2.4, "measured with 2 MB of Yoruba, where 0.7 was worse"
    assert output_decay(3, 122) == output_decay(3, 35) < 0.3, "1 was worse than 0.3 with 2 MB of Yoruba"
    assert output_decay(12, 229) == pytest.approx(0.92, rel=0.01), "measured with 3.8 MB of Yoruba, where 3.4 was worse"
    assert output_decay(30, 10**6) == 0.1


@pytest.mark.parametrize(
    ("text", "depth", "passes", "is_tied"),
    [
        pytest.param(Text(492_820, 2_000_000, 4096, 1.622), 2, 3, False, id="2 MB of Yoruba, 1.6 % fewer bits"),
        pytest.param(Text(492_820, 2_000_000, 4096, 1.622), 2, 8, True, id="the same read more often, 2.5 % more"),
        pytest.param(Text(125_000, 500_000, 2048, 1.8), 2, 16, True, id="0.5 MB of Yoruba, 0.4 % more"),
    ],
)
def test_the_output_is_the_embedding_where_a_little_text_is_read_often(text: Text, depth: int, passes: float, is_tied: bool) -> None:
    shape = next(shape for shape in SHAPES if shape[:2] == (256, depth))
    before = TrainingPlan(steps=10, sequences_per_step=4, sequences_at_once=4)
    model, training = fit_to_passes(text, shape_plan(shape, text.vocabulary_size), before, passes)
    assert model.tied_output == is_tied
    assert training.embedding_rate == (planning.TIED_EMBEDDING_RATE if is_tied else planning.OWN_EMBEDDING_RATE)
    assert training.matrix_rate == (0.03 if passes == 16 else 0.02)
    per_token = as_config(model).multiplied_parameters() / text.tokens
    assert (training.dropout, training.weight_decay) == regularisation(passes, per_token)
    assert training.output_decay == output_decay(passes, steps_a_pass=text.tokens / (4 * planning.CONTEXT_TOKENS))
    again, same = fit_to_passes(text, replace(model, tied_output=not is_tied), before, passes)
    assert (again, same) == (model, training), "what the model was before does not matter"


@pytest.mark.parametrize(
    ("tokens", "bytes_", "vocabulary", "share"),
    [
        pytest.param(73_000, 250_000, 1536, 0.1, id="0.25 MB of Yoruba"),
        pytest.param(56_000, 250_000, 1536, 0.1, id="0.25 MB of Amharic, 0.9 % fewer bits"),
        pytest.param(135_000, 500_000, 2048, 0.0, id="0.5 MB of Yoruba, 0.2 % more"),
    ],
)
def test_a_little_text_that_is_read_often_is_read_in_parts_at_first(tokens: int, bytes_: int, vocabulary: int, share: float) -> None:
    shape = next(shape for shape in SHAPES if shape[:2] == (256, 2))
    before = TrainingPlan(steps=10, sequences_per_step=4, sequences_at_once=4)
    _, training = fit_to_passes(Text(tokens, bytes_, vocabulary, 2.0), shape_plan(shape, vocabulary), before, 16)
    assert (training.parts_share, training.dropout) == (share, 0.1)


def test_the_model_that_has_teachers_decays_half_as_much_and_has_no_dropout() -> None:
    for text, budget_s in itertools.product(TEXTS, BUDGETS_S):
        if (plan := chosen(text, budget_s)) and plan.training.teachers:
            teacher, taught = (plan.training.of_model(number) for number in (0, plan.training.teachers))
            assert (taught.dropout, taught.weight_decay, taught.output_decay) == (0, teacher.weight_decay / 2, teacher.output_decay / 2)
            break
    else:
        pytest.fail("no plan has teachers")


def test_a_plan_says_whether_the_output_is_the_embedding_by_its_own_passes() -> None:
    for text, budget_s in itertools.product(TEXTS, BUDGETS_S):
        if plan := chosen(text, budget_s):
            per_token = as_config(plan.model).multiplied_parameters() / text.tokens
            assert plan.model.tied_output == (pressure(plan.passes, per_token) > planning.MOST_PRESSURE_UNTIED)


def test_little_text_is_learnt_in_smaller_steps() -> None:
    sizes = [sequences_per_step(replace(TEXTS[0], tokens=tokens)) for tokens in (10, 51_199, 51_200, 102_399, 102_400, 10**9)]
    assert sizes == [4, 4, 8, 8, 16, 16]


def test_a_candidate_of_no_time_at_all_is_still_one_step() -> None:
    model, training = shape_plan(SHAPES[0], 1024), TrainingPlan(steps=1, sequences_per_step=4, sequences_at_once=4)
    assert make_candidate(TEXTS[0], model, training, 1.0, -5.0).training.steps == 1


def test_a_computer_with_little_memory_gets_smaller_pieces_and_then_smaller_shapes(
    measured: list[tuple[ModelPlan, TrainingPlan, ComputerPlan]],
) -> None:
    text = TEXTS[1]
    large = choose(text, COMPUTER, 1e5, 0, Say(io.StringIO()))
    needed = planning.training_memory_bytes(large.model, large.training, COMPUTER.dtype)
    measured.clear()
    small = choose(text, COMPUTER, 1e5, 0, Say(io.StringIO()), needed * 0.6)
    assert planning.training_memory_bytes(small.model, small.training, COMPUTER.dtype) <= needed * 0.6
    assert small.training.sequences_per_step % small.training.sequences_at_once == 0
    assert all(planning.training_memory_bytes(model, training, COMPUTER.dtype) <= needed * 0.6 for model, training, _ in measured)
    with pytest.raises(ResourceError, match=r"the training needs .* of memory and 50\.0 MB are free"):
        choose(text, COMPUTER, 1e5, 0, Say(io.StringIO()), 50e6)


def test_what_a_card_has_no_memory_for_is_not_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    text, measure = TEXTS[-1], planning.measure_step_s

    def full_from(width: int) -> None:
        def step_s(model: ModelPlan, training: TrainingPlan, computer: ComputerPlan, repeats: int) -> float:
            if model.hidden_size >= width:
                raise ResourceError("the memory is too small for this model")
            return measure(model, training, computer, repeats)

        monkeypatch.setattr(planning, "measure_step_s", step_s)

    assert choose(text, COMPUTER, 1e6, 0, Say(io.StringIO())).model.hidden_size > 256
    full_from(512)
    assert choose(text, COMPUTER, 1e6, 0, Say(io.StringIO())).model.hidden_size == 256
    full_from(1)
    with pytest.raises(ResourceError, match="memory is too small"):
        choose(text, COMPUTER, 1e6, 0, Say(io.StringIO()))


def test_a_step_is_cut_into_pieces_that_leave_an_old_computer_its_memory_unless_they_would_be_tiny() -> None:
    whole = TrainingPlan(steps=1, sequences_per_step=16, sequences_at_once=16)
    model = shape_plan(planning.SHAPES[6], 8192)
    assert planning.training_memory_bytes(model, whole, "bfloat16") > planning.GENTLE_MEMORY_BYTES
    gentle = planning.fit_memory(model, whole, "bfloat16", planning.GENTLE_MEMORY_BYTES, planning.FEWEST_SEQUENCES_AT_ONCE)
    assert gentle is not None
    assert gentle.sequences_at_once == 8
    assert planning.training_memory_bytes(model, gentle, "bfloat16") < planning.GENTLE_MEMORY_BYTES
    assert planning.fit_memory(model, whole, "bfloat16", 1e9, fewest=4) is None, "the weights alone leave too little"


def test_larger_shapes_are_measured_and_planned_in_gentle_pieces(measured: list[tuple[ModelPlan, TrainingPlan, ComputerPlan]]) -> None:
    choose(replace(TEXTS[-1], tokens=30_000_000, bytes=120_000_000), COMPUTER, 1e7, 0, Say(io.StringIO()))
    whole = TrainingPlan(steps=1, sequences_per_step=16, sequences_at_once=16)
    large = [
        (model, made) for model, made, _ in measured if planning.training_memory_bytes(model, whole, COMPUTER.dtype) > planning.GENTLE_MEMORY_BYTES
    ]
    gentle = [made for model, made in large if planning.training_memory_bytes(model, made, COMPUTER.dtype) <= planning.GENTLE_MEMORY_BYTES]
    assert gentle, "none of the shapes was cut into smaller pieces"
    assert all(made.sequences_at_once >= planning.FEWEST_SEQUENCES_AT_ONCE for _, made in large)


def test_a_page_of_text_gets_the_smallest_shape_however_much_time_there_is() -> None:
    plan = chosen(Text(2_000, 4_000, 512, 1.5), 1e6)
    assert plan is not None
    assert plan.model == replace(shape_plan(SHAPES[0], 512), tied_output=True)


def test_time_that_more_passes_would_not_use_well_goes_into_teachers(measured: list[tuple[ModelPlan, TrainingPlan, ComputerPlan]]) -> None:
    text = Text(100_000, 350_000, 2048, 1.9)
    plans = [chosen(text, time_s) for time_s in (300.0, 10_000.0, 100_000.0)]
    assert [plan and plan.training.teachers for plan in plans] == [0, planning.TEACHERS, max(planning.TAUGHT_GAIN)]
    taught = plans[-1]
    assert taught is not None
    assert taught.passes >= planning.FEWEST_PASSES_TAUGHT
    assert taught.training_s <= 100_000
    own_output = replace(taught.model, tied_output=False)  # as shapes are weighed before it is known
    alone_bytes = planning.training_memory_bytes(own_output, replace(taught.training, teachers=0), COMPUTER.dtype)
    tight = choose(text, COMPUTER, 100_000.0, 0, Say(io.StringIO()), alone_bytes)
    assert (tight.training.teachers, tight.model) == (0, taught.model), "no memory for teachers"
    two_bytes = planning.training_memory_bytes(own_output, replace(taught.training, teachers=planning.TEACHERS), COMPUTER.dtype)
    assert choose(text, COMPUTER, 100_000.0, 0, Say(io.StringIO()), two_bytes).training.teachers == planning.TEACHERS, "no memory for more"


def test_related_text_takes_part_of_the_time_and_no_more_than_its_share() -> None:
    text = Text(100_000, 300_000, 2048, 2.0)
    alone = chosen(text, 8000)
    little, much = (chosen(replace(text, related_tokens=tokens), 8000) for tokens in (200_000, 10**8))
    assert alone is not None
    assert little is not None
    assert much is not None
    assert alone.training.related_steps == 0
    per_step = little.training.sequences_per_step * little.model.context
    assert little.training.related_steps == int(planning.RELATED_PASSES * 200_000 / per_step)
    assert much.training.related_steps == pytest.approx(planning.MOST_RELATED_SHARE * much.training.steps, abs=1)
    for plan in (alone, little, much):
        own_steps = plan.training.steps - plan.training.related_steps
        own_tokens = own_steps * plan.training.sequences_per_step * plan.model.context
        assert plan.passes == pytest.approx(planning.passes_read(own_tokens / text.tokens, text, plan.training))
        assert plan.passes <= MOST_PASSES, "however much related text there is"
    assert little.bits_per_byte < alone.bits_per_byte
    endless = chosen(replace(text, related_tokens=10**8), 1e6)
    assert endless is not None
    assert endless.passes <= MOST_PASSES
    assert endless.training.related_steps == pytest.approx(planning.MOST_RELATED_SHARE * endless.training.steps, abs=1)
    large = replace(TEXTS[2], related_tokens=10**7)
    hurried = chosen(large, 5000)
    assert hurried is not None
    assert hurried.passes < 4
    assert hurried.training.related_steps == 0, "the time is better spent on the text itself"
