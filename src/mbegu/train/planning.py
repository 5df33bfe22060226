"""Chooses model, batch, passes and schedule for a text, a computer and a budget, and says why.

Each candidate shape is timed on this computer; the one with the lowest expected bits per byte within the budget is taken. Where time is left
that more passes would not use well, it goes into teachers of the same shape.
What is expected is the counting baseline's own figure on the same text times a factor that falls with training: languages
and scripts differ far more in bits per byte than in that ratio.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mbegu.core.errors import BudgetError, ResourceError
from mbegu.core.report import Say
from mbegu.core.units import format_bytes, format_seconds
from mbegu.train.computer import as_config, measure_step_s
from mbegu.train.planfile import ComputerPlan, ModelPlan, TrainingPlan

CONTEXT_TOKENS = 256  # longer contexts gained nothing on articles of a few kB and cost time
SEQUENCES = 16  # a step of the largest texts, and what is computed at once
SHORT_CONTEXT_TOKENS = 128  # for the first 60 % of the steps: 0.7 to 1.5 % fewer bits at the same cost than 256 throughout (bench/LOG.md)
CLEARLY_WORSE = 1.01  # no larger shape is looked at after this; a deep narrow one may be slow where the next, wide one is not
TIED_EMBEDDING_RATE = 0.004  # of an embedding that is the output too; 0.01 was the same
OWN_EMBEDDING_RATE = 0.2  # of one that is not: it begins with numbers of about 1, not 0.02; 0.05 and 0.4 needed more bits (bench/LOG.md)
FEWEST_STEPS_A_PASS = 25
FEWEST_STEPS = 100
MOST_PASSES = 30.0  # beyond about 16 passes another one teaches next to nothing (Muennighoff et al. 2023)
MOST_WATCHED_TOKENS = 32_768
# Of text. On 143,000 tokens of Wolof 12.1 M parameters needed 1.2 % more bits than 3.7 M, for 2.5 times the time (bench/LOG.md).
MOST_PARAMETERS_PER_TOKEN = 50
RELATED_GAIN = 0.02  # fewer bits with text of a related language (bench/LOG.md)
TEACHERS = 2  # where more of them are not worth their time
# Fewer bits by the number of teachers. Two: 2.3 % on 0.25 MB of Wolof, 2.9 % on 0.25 MB of Yoruba, 3.0 % on 1 MB of Swahili; four: 0.3 and 0.2 %
# more than two on 0.37 MB of Wolof, two seeds (bench/LOG.md).
TAUGHT_GAIN = {0: 0.0, TEACHERS: 0.02, 4: 0.0225}
FEWEST_PASSES_TAUGHT = 12.0  # below, the time is better spent on more passes
RELATED_PASSES = 1.0  # over the text of a related language
MOST_RELATED_SHARE = 0.4  # of the steps
MOST_PRESSURE_WITHOUT_DROPOUT = 42.0
# Up to which pressure how much dropout and weight decay of the matrices; and beyond.
REGULARISATION = (
    (4.0, 0.0, 0.1),
    (12.0, 0.0, 0.3),
    (24.0, 0.0, 0.4),
    (MOST_PRESSURE_WITHOUT_DROPOUT, 0.0, 0.5),
    (100.0, 0.1, 0.6),
    (117.0, 0.2, 0.6),
)
MOST_REGULARISATION = (0.3, 1.0)
# Of the matrices, where there is dropout: with 0.25 MB read 16 times 0.6, 0.7 and 0.8 % fewer bits than with the plan's 0.02 in Yoruba, Wolof and
# Swahili and 0.3 % more in Amharic; 0.01 took 1.1 % more in Yoruba. Elsewhere it won and lost: 0.5 % fewer on 2 MB of Yoruba and of Swahili read
# 3 times, 0.5 % more on 2 MB of Yoruba read 10 times, 1.2 % more on 7.6 MB read twice (bench/LOG.md).
MATRIX_RATE_READ_OFTEN = 0.03
# Of what is made by merging, in the first passes, beyond that pressure. On 0.25 MB read 16 times, two seeds: 0.1, 0.7 and 0.4 % fewer bits in
# Yoruba, Wolof and Swahili, 0.9 % in Amharic with less dropout; on half a megabyte (56) 0.2 % fewer in Swahili, 0.2 % more in Yoruba (bench/LOG.md).
PARTS_SHARE, MOST_PRESSURE_WHOLE = 0.1, 64.0
LEAST_OUTPUT_DECAY, MOST_OUTPUT_DECAY, PASSES_OF_MOST_OUTPUT_DECAY = 0.1, 6.0, 16.0
MOST_OUTPUT_DECAY_A_PASS = 210.0  # times the steps of a pass; with the rate of 0.004 the output forgets no faster than in 1.2 passes
# Up to which pressure an output of its own: the highest at which it was seen to win. With 2 MB of Yoruba and 256 wide, beside the embedding as the
# output too: read 3 times (6.3) 1.6 % fewer bits, read 8 times (17) 2.5 % more; with half a megabyte read 16 times (57) 0.4 % more (bench/LOG.md).
# Expected is a gain that falls straight to 0 at that pressure: a step there would make fewer passes look better than more.
MOST_PRESSURE_UNTIED = 6.5
UNTIED_GAIN = 0.02
LOOKS = 20  # at the documents set aside, over a training
PLAN_SHARE = 0.97  # of the time left after all else; the rest is for what a measurement of seconds cannot see
SAVING_COST = 0.015  # share of the training's time for checkpoints, once a minute
SCORING_SPEED = 1.2  # tokens scored in all engines in the time in which one is trained on; measured on Swahili (bench/LOG.md)

BYTES_PER_WEIGHT = 4
WEIGHTS_IN_MEMORY = 5  # weights, gradients, optimiser (1 to 2), best weights; measured with bench/train_speed.py
GENTLE_MEMORY_BYTES = 2e9  # the rest of an old computer's 4 GB is for the system and other programs
FEWEST_SEQUENCES_AT_ONCE = 4  # below this the matrix products are too small to be fast
WORKSPACE_BYTES = 100_000_000  # pieces of the loss, and what the allocator keeps

# Shapes from small to large: hidden size, layers, inner size, heads, heads of keys and values. Widths are multiples of 256.
SHAPES = (
    (256, 2, 512, 4, 2),
    (256, 4, 768, 4, 2),
    (256, 6, 768, 4, 2),
    (256, 10, 768, 4, 2),
    (512, 4, 1280, 8, 4),
    (512, 6, 1536, 8, 4),
    (512, 10, 1536, 8, 4),
    (768, 10, 2048, 12, 4),
    (768, 14, 2048, 12, 4),
    (1024, 16, 2816, 16, 4),
)


@dataclass(frozen=True)
class Text:
    """What the planner knows of the text.

    ``tokens`` and ``bytes`` of the training documents, what counting needs on the held-out ones, and ``scored_tokens``, how many
    tokens the finished model reads while it is measured in all its forms. ``related_tokens`` of a related language may be read beside.
    """

    tokens: int
    bytes: int
    vocabulary_size: int
    counting_bits_per_byte: float
    scored_tokens: int = 0
    related_tokens: int = 0


@dataclass(frozen=True)
class Candidate:
    """One shape with what it would reach in the time there is."""

    model: ModelPlan
    training: TrainingPlan
    step_s: float
    passes: float
    bits_per_byte: float
    training_s: float
    scoring_s: float


def shape_plan(shape: tuple[int, int, int, int, int], vocabulary_size: int) -> ModelPlan:
    """Return the plan of a shape in ``SHAPES``."""
    hidden, layers, inner, heads, kv_heads = shape
    return ModelPlan(
        vocabulary_size=vocabulary_size,
        hidden_size=hidden,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_size=64,
        inner_size=inner,
        context=CONTEXT_TOKENS,
        tied_output=False,
    )


def expected_bits_per_byte(text: Text, parameters: int, tokens_seen: float) -> float:
    """Return what a model is expected to need on held-out documents.

    The ratio to PPMd (order 12) falls as a power of the passes over the text, slower with more text, and with the size of the
    model, of which an embedding that is only looked up does not count. Repeated passes count less and less (Muennighoff et al.
    2023, equation 5, with their R* = 15). Fitted by hand to the runs in bench/LOG.md.
    """
    passes = tokens_seen / max(text.tokens, 1)
    worth = min(passes, 1.0) + REPEATS_WORTH * (1 - math.exp(-max(passes - 1, 0.0) / REPEATS_WORTH))
    training = RATIO_TRAINING * math.pow(text.tokens / 1e6, -TEXT_POWER) * math.pow(max(worth, 1e-3), -PASSES_POWER)
    capacity = RATIO_CAPACITY * math.pow(parameters / 1e7, -CAPACITY_POWER)
    return text.counting_bits_per_byte * (RATIO_FLOOR + training + capacity)


REPEATS_WORTH = 15.0
RATIO_FLOOR = 0.75
RATIO_TRAINING, TEXT_POWER, PASSES_POWER = 0.19, 0.2, 0.4
RATIO_CAPACITY, CAPACITY_POWER = 0.04, 0.5


def spread_of(bits_per_byte: float) -> tuple[float, float]:
    """Return the range that nine in ten runs end in: the largest misses of the fit, rounded up."""
    return bits_per_byte * (1 - SPREAD), bits_per_byte * (1 + SPREAD)


SPREAD = 0.08


def training_memory_bytes(model: ModelPlan, training: TrainingPlan, dtype: str) -> int:
    """Return the expected memory of the training at its peak: weights, activations of one piece, and a workspace.

    A block keeps about 10 values of the stream's width, 3 of the inner width and 2 of the attention's for each token, and the
    softmax of each head over the context, in two bytes or four.
    """
    tokens = training.sequences_at_once * model.context
    per_token = model.layers * (10 * model.hidden_size + 3 * model.inner_size + 2 * model.heads * (model.head_size + model.context))
    activations = tokens * per_token * (2 if dtype == "bfloat16" else 4)
    copies = WEIGHTS_IN_MEMORY + training.teachers
    return activations + as_config(model).parameters() * copies * BYTES_PER_WEIGHT + WORKSPACE_BYTES


def fit_memory(model: ModelPlan, training: TrainingPlan, dtype: str, most_bytes: float, fewest: int = 1) -> TrainingPlan | None:
    """Return the training with as many sequences computed at once as fit into memory, ``None`` when not even ``fewest`` do."""
    while training_memory_bytes(model, training, dtype) > most_bytes:
        if training.sequences_at_once <= fewest:
            return None
        training = replace(training, sequences_at_once=training.sequences_at_once // 2)
    return training


def choose(
    text: Text, computer: ComputerPlan, time_s: float, seed: int, say: Say, most_memory_bytes: float = math.inf, before_s: float = 0.0
) -> Candidate:
    """Return the candidate with the lowest expected bits per byte within ``time_s`` seconds for training and measuring it.

    Shapes that do not fit into ``most_memory_bytes`` are not even measured. ``before_s`` is what else of the budget is needed, to say how
    large one would be enough.

    Raises:
        ResourceError: the budget is too small for even the smallest shape.
    """
    best: Candidate | None = None
    for shape in SHAPES:
        model = shape_plan(shape, text.vocabulary_size)
        if best is not None and as_config(model).multiplied_parameters() > MOST_PARAMETERS_PER_TOKEN * text.tokens:
            break
        sequences = sequences_per_step(text)
        whole = TrainingPlan(steps=1, sequences_per_step=sequences, sequences_at_once=sequences, seed=seed, dropout=0.1)
        gentle_bytes = min(GENTLE_MEMORY_BYTES, most_memory_bytes)
        training = fit_memory(model, whole, computer.dtype, gentle_bytes, FEWEST_SEQUENCES_AT_ONCE)
        training = training or fit_memory(model, whole, computer.dtype, most_memory_bytes)
        if training is None:
            break
        try:
            step_s = measure_step_s(model, training, computer, 2)
        except ResourceError:
            if best is None:
                raise
            break
        if best is not None and time_s < _shortest_s(text, model, training, step_s):
            break
        candidate = _with_or_without_related(text, model, training, step_s, time_s)
        say.note(describe_candidate(candidate))
        if best is not None and candidate.bits_per_byte > best.bits_per_byte * CLEARLY_WORSE:
            break
        if best is None or candidate.bits_per_byte < best.bits_per_byte:
            best = candidate
    if best is None:
        smallest = replace(whole, sequences_at_once=1)
        needed_bytes = training_memory_bytes(model, smallest, computer.dtype)
        raise memory_error(needed_bytes, most_memory_bytes, "close other programs, or use a computer with more memory")
    needed_s = _shortest_s(text, best.model, best.training, best.step_s)
    if time_s < needed_s:
        raise BudgetError(
            f"the budget leaves {format_seconds(max(time_s, 0))} for training and measuring, and it takes {format_seconds(needed_s)} at least",
            fix=f"give a --budget of {math.ceil((needed_s / PLAN_SHARE + before_s + 5) / 60)}min or more",
        )
    step_s = measure_step_s(best.model, best.training, computer, 8)
    model, training = best.model, best.training
    fits = {number: training_memory_bytes(model, replace(training, teachers=number), computer.dtype) <= most_memory_bytes for number in TAUGHT_GAIN}
    return make_candidate(text, model, training, step_s, time_s, [number for number in TAUGHT_GAIN if fits[number]] or [0])


def _shortest_s(text: Text, model: ModelPlan, training: TrainingPlan, step_s: float) -> float:
    """Return how long the fewest steps that make sense take, with measuring."""
    return FEWEST_STEPS * step_s + scoring_s(text, model, training, step_s)


def scoring_s(text: Text, model: ModelPlan, training: TrainingPlan, step_s: float) -> float:
    """Return how long measuring the finished model takes, from how long a training step takes."""
    return text.scored_tokens * step_s / (training.sequences_per_step * model.context) / SCORING_SPEED


def make_candidate(
    text: Text, model: ModelPlan, training: TrainingPlan, step_s: float, time_s: float, teachers: Iterable[int] = tuple(TAUGHT_GAIN)
) -> Candidate:
    """Fill in steps, regularisation, schedule and how many teachers, of the numbers that may be had, for the time there is."""
    candidates = [_with_or_without_related(text, model, replace(training, teachers=number), step_s, time_s) for number in teachers]
    worth_it = [each for each in candidates if not each.training.teachers or each.passes >= FEWEST_PASSES_TAUGHT]
    return min(worth_it or candidates, key=lambda candidate: candidate.bits_per_byte)


def _with_or_without_related(text: Text, model: ModelPlan, training: TrainingPlan, step_s: float, time_s: float) -> Candidate:
    """Return the better of the two: with little time the steps are better spent on the text itself."""
    texts = (replace(text, related_tokens=0), text)
    return min((_candidate(each, model, training, step_s, time_s) for each in texts), key=lambda candidate: candidate.bits_per_byte)


def _candidate(text: Text, model: ModelPlan, training: TrainingPlan, step_s: float, time_s: float) -> Candidate:
    per_step = training.sequences_per_step * model.context
    most_own = MOST_PASSES * (text.tokens - watched_tokens(text, training)) / per_step
    most_related = min(RELATED_PASSES * text.related_tokens / per_step, most_own * MOST_RELATED_SHARE / (1 - MOST_RELATED_SHARE))
    most = most_own + most_related
    whole_step_s = step_s * training.work(training.all_steps) / training.steps * (1 + looking_cost(text, training) + SAVING_COST)
    measuring_s = scoring_s(text, model, training, step_s)
    steps = int(max(1, min((time_s - measuring_s) / whole_step_s, max(most, FEWEST_STEPS))))
    related_steps = int(min(most_related, MOST_RELATED_SHARE * steps))
    own_tokens = (steps - related_steps) * per_step
    passes = own_tokens / max(text.tokens, 1)
    parameters = as_config(model).multiplied_parameters()
    model, training = fit_to_passes(text, model, training, passes)
    passes = passes_read(passes, text, training)
    training = replace(
        training,
        steps=steps,
        related_steps=related_steps,
        warmup_steps=max(5, min(50, steps // 20)),
        evaluate_every_steps=max(1, math.ceil(steps / LOOKS)),
        short_context=SHORT_CONTEXT_TOKENS,
    )
    expected = expected_bits_per_byte(text, parameters, own_tokens) * (1 - TAUGHT_GAIN.get(training.teachers, TAUGHT_GAIN[TEACHERS]))
    expected *= 1 - RELATED_GAIN if related_steps else 1.0
    expected *= 1 - UNTIED_GAIN * max(0.0, 1 - pressure(passes, parameters / max(text.tokens, 1)) / MOST_PRESSURE_UNTIED)
    return Candidate(model, training, step_s, passes, expected, steps * whole_step_s, measuring_s)


def passes_read(passes: float, text: Text, training: TrainingPlan) -> float:
    """Return how often what is not set aside is read in the time of so many passes over the whole text.

    Where some passes are in parts, they take longer; nearly all tokens are taken for merged.
    """
    used_share = 1 - watched_tokens(text, training) / max(text.tokens, 1)
    return passes / used_share / (1 + training.parts_share * training.parts_until)


def fit_to_passes(text: Text, model: ModelPlan, training: TrainingPlan, passes: float) -> tuple[ModelPlan, TrainingPlan]:
    """Fill in what depends on how often a text is read: dropout, decays, what is read in parts, whether the output is the embedding, rates.

    Args:
        text: what the planner knows of it.
        model: its shape; whether its output was the embedding before does not matter.
        training: all else.
        passes: over the text.
    """
    parameters_per_token = as_config(model).multiplied_parameters() / max(text.tokens, 1)
    dropout, weight_decay = regularisation(passes, parameters_per_token)
    pressed = pressure(passes, parameters_per_token)
    is_tied, is_read_often = pressed > MOST_PRESSURE_UNTIED, pressed > MOST_PRESSURE_WITHOUT_DROPOUT
    training = replace(
        training,
        dropout=dropout,
        weight_decay=weight_decay,
        output_decay=output_decay(passes, text.tokens / (training.sequences_per_step * model.context)),
        embedding_rate=TIED_EMBEDDING_RATE if is_tied else OWN_EMBEDDING_RATE,
        matrix_rate=MATRIX_RATE_READ_OFTEN if is_read_often else TrainingPlan.matrix_rate,
        parts_share=PARTS_SHARE if pressed > MOST_PRESSURE_WHOLE else TrainingPlan.parts_share,
    )
    return replace(model, tied_output=is_tied), training


def regularisation(passes: float, parameters_per_token: float) -> tuple[float, float]:
    """Return dropout and weight decay: the more often the text is read and the larger the model, the more of both it takes.

    Dropout. On 85 kB of Yoruba, 64 parameters a token, read 18 times, 0.3 with a decay of 1 gave 1.585 bits per byte; without either, the best
    step gave 1.670 and the last 1.9. On 0.25 and 0.5 MB, read 16 times: Wolof (52 and 26 a token) took 0.5 and 1.4 % fewer bits with 0.2 and a
    decay of 0.6 than with 0.3 and 1, and 1 % fewer than with 0.1; Swahili (23) took 0.8 % fewer with 0.1 than with 0.2; Yoruba (13) the same
    with both, and 2.7 % more without. Since so little text is read in parts, 0.1 is as good as 0.2 on 0.5 MB of Wolof and takes 1.4 % fewer on
    0.25 MB of Amharic (28), 0.4 % more on 0.25 MB of Wolof. Where megabytes are read dropout only costs: on 2 MB of Yoruba 0.1 took 1.5 % more bits
    than none when read 3 times (4 a token), 0.7 % more when read 10 times (8).

    Decay, on 2 MB of Yoruba: 0.5 beside 0.2 and 1 at 10 passes gave 1.595, 1.648 and 1.618; 0.3 beside 0.6 and 1 at 3 passes gave 1.693,
    1.709 and 1.729 (bench/LOG.md). What lies between these measured points is judgement.
    """
    for most, dropout, weight_decay in REGULARISATION:
        if pressure(passes, parameters_per_token) <= most:
            return dropout, weight_decay
    return MOST_REGULARISATION


def output_decay(passes: float, steps_a_pass: float) -> float:
    """Return the decay of the output: it grows with the square of the passes, up to what is good for it in one pass.

    Half a megabyte of Yoruba read 16 times: 1.958 bits per byte with 0.6, 1.925 with 6, 2.006 with 12; 0.25 and 0.5 MB of Wolof took 1.6 and
    1.8 % fewer bits with 6. Read 8 times, 2 to 3 was better than 0.5 by 0.7 and 1.3 % where the text is small and no better with 2 MB; read
    3 times, 1 was worse than 0.3.

    Each step takes its share away, so the same decay takes more in a pass that has more steps (Wang and Aitchison 2024). In those with 6 a pass
    had 35 steps; with 66, 1 MB of Swahili read 16 times, 1.5, 3 and 6 gave 1.724, 1.707 and 1.729; with 122, 2 MB of Yoruba read 10 times,
    0.7 took 0.2 and 0.4 % more than 2.3; with 229, 3.8 MB of Yoruba read 12 times, 0.9 took 2.3 % fewer than 3.4 (bench/LOG.md).
    """
    decay = MOST_OUTPUT_DECAY * (passes / PASSES_OF_MOST_OUTPUT_DECAY) ** 2
    most = min(MOST_OUTPUT_DECAY, MOST_OUTPUT_DECAY_A_PASS / max(steps_a_pass, 1.0))
    return max(LEAST_OUTPUT_DECAY, min(decay, most))


def pressure(passes: float, parameters_per_token: float) -> float:
    """Return how much a text is asked for: passes times the root of the parameters a token."""
    return passes * math.sqrt(parameters_per_token)


def sequences_per_step(text: Text) -> int:
    """Return how many sequences a step learns from: fewer where a pass would otherwise be only a handful of steps."""
    for sequences in (16, 8):
        if text.tokens >= sequences * CONTEXT_TOKENS * FEWEST_STEPS_A_PASS:
            return sequences
    return 4


def looking_cost(text: Text, training: TrainingPlan) -> float:
    """Return the time of all looks at the documents set aside as a share of the training's.

    A look costs a third of a training step a token; the reckoning assumes four passes, more makes the share smaller.
    """
    return LOOKS * watched_tokens(text, training) / 3 / max(text.tokens * 4, 1)


def watched_tokens(text: Text, training: TrainingPlan) -> float:
    """Return how many tokens of the text are set aside to watch the training with."""
    return min(training.watched_share * text.tokens, MOST_WATCHED_TOKENS)


def describe_candidate(candidate: Candidate) -> str:
    """Return one line about a candidate."""
    model = candidate.model
    millions = as_config(model).parameters() / 1e6
    return (
        f"{model.hidden_size} wide, {model.layers} deep, {millions:.1f} M parameters: {candidate.step_s * 1000:.0f} ms a step, "
        f"{candidate.passes:.1f} passes, {candidate.bits_per_byte:.3f} bits per byte expected"
    )


def memory_error(needed_bytes: int, available_bytes: float, fix: str) -> ResourceError:
    """Return the error that says both figures and what to do."""
    return ResourceError(f"the training needs {format_bytes(needed_bytes)} of memory and {format_bytes(available_bytes)} are free", fix=fix)
