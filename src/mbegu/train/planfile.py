"""plan.toml: every number that the training depends on, stated once. The same plan gives the same model."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from mbegu.core import durable
from mbegu.core.errors import SettingsError, explain_os_error
from mbegu.core.report import Say
from mbegu.core.settings import as_table, near, read_settings, setting
from mbegu.core.steps import Project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = """# The plan of the training. A project that has this file follows it to the letter: steps, not the clock, end the training,
# so a run can be repeated, moved to another computer and resumed exactly. Change a number and `mbegu grow` trains anew;
# delete the file and `mbegu plan --save` makes a new one.

"""
LARGEST_SEED = 2**32 - 1
TEACHER_COST = 0.3  # of a step, for each teacher that reads along (bench/LOG.md)


@dataclass(frozen=True)
class ModelPlan:
    """The shape of the model."""

    vocabulary_size: int = setting(help="tokens in the vocabulary; must be the tokenizer's", unit="tokens", low=259, high=1_000_000)
    hidden_size: int = setting(help="width of the stream; a multiple of 256 can be quantised to Q4_K_M", low=32, high=8192)
    layers: int = setting(help="blocks", low=1, high=128)
    heads: int = setting(help="attention heads", low=1, high=128)
    kv_heads: int = setting(help="heads of keys and values; divides heads", low=1, high=128)
    head_size: int = setting(64, help="width of a head, even", low=8, high=256)
    inner_size: int = setting(help="width inside the feed-forward part", low=32, high=32768)
    context: int = setting(help="longest sequence", unit="tokens", low=16, high=32768)
    tied_output: bool = setting(
        True, help="whether the embedding is the output too; a matrix of its own learns more where the text is read only a few times"
    )


@dataclass(frozen=True)
class TrainingPlan:
    """How the model is trained."""

    steps: int = setting(help="steps of the optimiser; the training ends here, with teachers that of each model", low=1)
    related_steps: int = setting(0, help="of them, those that read text of a related language: often at first, ever less until the end", low=0)
    sequences_per_step: int = setting(help="sequences of one context each that a step learns from", low=1, high=65536)
    sequences_at_once: int = setting(help="sequences computed together; less needs less memory", low=1, high=65536)
    matrix_rate: float = setting(0.02, help="learning rate of the matrices (Muon)", low=0, high=1)
    embedding_rate: float = setting(0.004, help="learning rate of the embedding (AdamW)", low=0, high=1)
    output_rate: float = setting(0.004, help="learning rate of the output (AdamW), where it is not the embedding", low=0, high=1)
    norm_rate: float = setting(0.004, help="learning rate of the last norm (AdamW)", low=0, high=1)
    weight_decay: float = setting(0.1, help="share of the matrices taken away per step and unit of their learning rate", low=0, high=10)
    output_decay: float = setting(
        0.1, help="share of the output, which may be the embedding, taken away per step and unit of its rate", low=0, high=50
    )
    short_context: int = setting(
        0, help="length of the sequences at the beginning, which divides the context; 0: the context throughout", unit="tokens", low=0, high=32768
    )
    short_share: float = setting(0.6, help="share of the steps, at the beginning, with sequences of short_context", low=0, high=1)
    parts_share: float = setting(
        0.0, help="share of the merged tokens that a pass in parts writes as the two they were made of, others each time; 0: none", low=0, high=1
    )
    parts_until: float = setting(0.55, help="a pass that begins in this first share of a model's steps on its own text is in parts", low=0, high=1)
    dropout: float = setting(0.0, help="share of activations set to zero, rounded to 1/256", low=0, high=0.9)
    warmup_steps: int = setting(20, help="steps over which the rate rises from zero", low=0)
    decay_share: float = setting(0.7, help="share of the steps, at the end, over which the rate falls to zero", low=0, high=1)
    evaluate_every_steps: int = setting(100, help="steps between two looks at the documents set aside", low=1)
    watched_share: float = setting(0.02, help="share of the training text set aside to watch the training with", low=0, high=0.5)
    teachers: int = setting(0, help="models that are trained first, from other seeds, and that the last one learns from too", low=0, high=16)
    taught_share: float = setting(0.7, help="how much the teachers' mean prediction counts for the last model, beside the text", low=0, high=1)
    taught_dropout: float = setting(0.0, help="dropout of the last model where there are teachers, rounded to 1/256", low=0, high=0.9)
    taught_decay: float = setting(0.5, help="share of weight_decay and output_decay that the last model has where there are teachers", low=0, high=1)
    canaries: int = setting(8, help="lines of random tokens planted in the text, to measure what is learnt by heart; 0: none", low=0, high=64)
    seed: int = setting(0, help="of the first weights, the order of documents, what is in parts, dropout and planted lines", low=0, high=LARGEST_SEED)

    @property
    def all_steps(self) -> int:
        """How many steps there are over all models."""
        return self.steps * (1 + self.teachers)

    def work(self, step: int) -> float:
        """Return how much work the first ``step`` of all steps are, in steps of a model that learns without teachers."""
        return step + max(0, step - self.steps * self.teachers) * self.teachers * TEACHER_COST

    def related_before(self, step: int) -> int:
        """Return how many of a model's first ``step`` steps read text of a related language.

        Of R among S the share falls straight from 2 R / S at the first step to 0 at the last: R (2 s S - s²) / S² of the first s, rounded.
        """
        read, steps = self.related_steps, self.steps
        return (2 * read * step * (2 * steps - step) + steps * steps) // (2 * steps * steps)

    def of_model(self, number: int) -> TrainingPlan:
        """Return the plan of one of the models, numbered from 0; the last is the one that is kept."""
        if not self.teachers or number < self.teachers:
            return self
        share = self.taught_decay
        return replace(self, dropout=self.taught_dropout, weight_decay=share * self.weight_decay, output_decay=share * self.output_decay)


@dataclass(frozen=True)
class ComputerPlan:
    """What computes. Another thread count or dtype gives other weights, as good but not the same bit for bit."""

    device: str = setting("cpu", help="cpu, or cuda for an NVIDIA card, mps for Apple's", choices=("cpu", "cuda", "mps"))
    dtype: str = setting("float32", help="of the computation", choices=("float32", "bfloat16"))
    threads: int = setting(1, help="threads of the computation", low=1, high=1024)


@dataclass(frozen=True)
class ExpectedPlan:
    """What was expected when the plan was made; nothing is decided by it."""

    budget: str = setting("", help="the budget that was given")
    seconds: float = setting(0.0, help="training and what follows it", unit="s", low=0)
    training_seconds: float = setting(0.0, help="training alone", unit="s", low=0)
    tokens_per_second: float = setting(0.0, help="measured on this computer", low=0)
    passes: float = setting(0.0, help="how often what is learnt from is read", low=0)
    parameters: int = setting(0, help="learnt numbers in the model", low=0)
    memory_bytes: int = setting(0, help="peak memory of the training; planning may take more where it measures larger shapes", unit="bytes", low=0)
    disk_bytes: int = setting(0, help="disk space while growing", unit="bytes", low=0)
    bits_per_byte: float = setting(0.0, help="expected on held-out documents", low=0)
    bits_per_byte_low: float = setting(0.0, help="nine in ten lie above", low=0)
    bits_per_byte_high: float = setting(0.0, help="nine in ten lie below", low=0)
    energy_kwh: float = setting(0.0, help="middle of the expected range", unit="kWh", low=0)
    energy_kwh_low: float = setting(0.0, help="lower end of the range", unit="kWh", low=0)
    energy_kwh_high: float = setting(0.0, help="upper end of the range", unit="kWh", low=0)
    energy_method: str = setting("", help="how the energy was reckoned")


@dataclass(frozen=True)
class Plan:
    """A whole plan."""

    model: ModelPlan
    training: TrainingPlan
    computer: ComputerPlan
    expected: ExpectedPlan

    def to_toml(self) -> str:
        """Return the text of plan.toml."""
        return HEAD + tomli_w.dumps({name: as_table(getattr(self, name)) for name in SECTIONS})


SECTIONS: dict[str, type[Any]] = {"model": ModelPlan, "training": TrainingPlan, "computer": ComputerPlan, "expected": ExpectedPlan}
NEEDED_SECTIONS = ("model", "training")


def read_plan(path: Path) -> Plan:
    """Read and check plan.toml.

    Raises:
        SettingsError: with every problem at once: not TOML, unknown keys, wrong types, out of range, sizes that do not fit together.
    """
    try:
        return parse_plan(path.read_text(encoding="utf-8-sig"), path)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except UnicodeDecodeError as error:
        raise SettingsError("the plan is not UTF-8 text", path, "save it as UTF-8, or delete the file and plan again") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", path, "mend the line, or delete the file and plan again") from error


def parse_plan(text: str, where: str | Path) -> Plan:
    """Check the text of a plan that came from ``where``. Raises ``SettingsError`` as ``read_plan`` does, ``TOMLDecodeError`` where it is none."""
    values = tomllib.loads(text)
    problems = [f"no section [{name}]{near(name, list(SECTIONS))}" for name in values if name not in SECTIONS]
    problems += [f"no section [{name}], which every plan has" for name in NEEDED_SECTIONS if name not in values]
    parts: dict[str, Any] = {}
    for name, cls in SECTIONS.items():
        if name in NEEDED_SECTIONS and name not in values:
            continue
        table = values.get(name, {})
        made, wrong = read_settings(cls, table, name) if isinstance(table, dict) else (None, [f"{name} is not a section but {table!r}"])
        parts[name] = made
        problems += wrong
    problems += _misfits(parts.get("model"), parts.get("training"))
    if problems:
        raise SettingsError("; ".join(problems), where, "mend these, or delete the file and plan again")
    return Plan(**parts)


def write_plan(path: Path, plan: Plan) -> None:
    """Write plan.toml durably."""
    durable.write_text(path, plan.to_toml())


def require_vocabulary(plan: Plan, vocabulary_size: int, where: Path) -> None:
    """Refuse a plan for another tokenizer than there is. Raises ``SettingsError``."""
    if plan.model.vocabulary_size != vocabulary_size:
        raise SettingsError(
            f"plan.toml is for a vocabulary of {plan.model.vocabulary_size} tokens, the tokenizer has {vocabulary_size}",
            where,
            "delete plan.toml to plan anew, or set vocabulary_size in [tokenizer]",
        )


def _misfits(model: ModelPlan | None, training: TrainingPlan | None) -> list[str]:
    """Return what does not fit together, in the sections that could be read."""
    problems = []
    if model and model.heads % model.kv_heads:
        problems.append(f"[model] kv_heads {model.kv_heads} does not divide heads {model.heads}")
    if model and model.head_size % 2:
        problems.append(f"[model] head_size {model.head_size} is odd")
    if training and 2 * training.related_steps > training.steps:
        problems.append(f"[training] related_steps {training.related_steps} is more than half of the {training.steps} steps")
    if training and training.sequences_per_step % training.sequences_at_once:
        problems.append(f"[training] sequences_at_once {training.sequences_at_once} does not divide sequences_per_step {training.sequences_per_step}")
    if training and training.matrix_rate * training.weight_decay >= 1:
        problems.append(
            f"[training] weight_decay {training.weight_decay} times matrix_rate {training.matrix_rate} takes all of the matrices away in a step"
        )
    if model and training:
        problems += _misfits_of_both(model, training)
    return problems


def _misfits_of_both(model: ModelPlan, training: TrainingPlan) -> list[str]:
    problems = []
    if training.short_context and model.context % training.short_context:
        problems.append(f"[training] short_context {training.short_context} does not divide context {model.context}")
    output_rate = training.embedding_rate if model.tied_output else training.output_rate
    if output_rate * training.output_decay >= 1:
        problems.append(f"[training] output_decay {training.output_decay} times the output's rate {output_rate} takes all of it away in a step")
    return problems


def fingerprint(settings: object, root: Path, say: Say) -> str:
    """Return the hash of the project's plan.toml, empty where there is none: the plan step is done when its copy equals it.

    Args:
        settings: the [plan] table; the file alone decides.
        root: the project's folder.
        say: not needed.
    """
    path = Project(root).plan
    return durable.sha256_file(path) if path.is_file() else ""
