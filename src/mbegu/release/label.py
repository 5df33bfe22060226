"""The label: what a model is for, what it was made of, how good it is and what it cost, gathered from what was measured.

Every figure comes from the ledger or from the facts of an artifact. What is missing there is ``None`` here and says "not measured".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mbegu.core.artifacts import Artifact
from mbegu.core.errors import SettingsError
from mbegu.core.steps import Project, ProjectSettings
from mbegu.core.units import format_bytes, format_count
from mbegu.ledger.energy.carbon import CarbonRange, CostRange, carbon_of, cost_of, why_not_reckoned
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.record import RunRecord
from mbegu.ledger.recorder import LONGEST_BEAT_S
from mbegu.ledger.store import Ledger, total_of
from mbegu.release.text_words import Rows, cleaning_rows, related_rows, terms_rows

NOT_MEASURED = "not measured"
NEVER_MEASURED = (
    "judgement by speakers of the language",
    "truth of what it writes",
    "bias and stereotypes",
    "insults and other harmful text",
    "personal data that it may repeat",
)
MACHINE_WRITTEN = "machine-written"
# Steps that make no model, so that none of their runs led nowhere; one of them writes this label.
NO_TRIALS = ("release", "withdraw")
_EXACT: Mapping[bool | None, str] = {True: "yes", False: "no: something changed on the way", None: ""}
BASELINE_NAMES = {"ngram": "counting (n-grams)", "ppmd": "counting (PPMd)", "ppm": "counting (PPM)"}
TOO_FEW = "Not known whether this model is better than plain counting: too few documents were held out."
HEADLINES = {
    "better": "Better than plain counting, by {percent}.",
    "worse": "Plain counting predicts this language better than this model does, by {percent}.",
    "undecided": "No clear difference from plain counting.",
}


@dataclass(frozen=True)
class Score:
    """Bits per byte on held-out text (less is better) with its 95 % interval; ``name`` says whose."""

    name: str
    bits_per_byte: float
    low: float | None = None
    high: float | None = None
    documents: int | None = None
    bytes: int | None = None

    def text(self) -> str:
        """Return value and interval: ``1.532 (1.504 to 1.561)``."""
        return f"{self.bits_per_byte:.3f}" + (f" ({self.low:.3f} to {self.high:.3f})" if self.low is not None and self.high is not None else "")


@dataclass(frozen=True)
class Amount:
    """A part of the text: how many documents and bytes come from one source, licence or giver."""

    name: str
    documents: int | None
    bytes: int | None


@dataclass(frozen=True)
class FileForm:
    """One file that the model is given away as."""

    form: str
    file: str
    bytes: int | None
    bits_per_byte: float | None
    sha256: str


@dataclass(frozen=True)
class Text:
    """What the model was made of."""

    documents: int | None = None
    bytes: int | None = None
    train_bytes: int | None = None
    heldout_documents: int | None = None
    heldout_bytes: int | None = None
    overlap_share: float | None = None
    sources: tuple[Amount, ...] = ()
    source_count: int = 0
    licences: tuple[Amount, ...] = ()
    givers: tuple[Amount, ...] = ()
    scripts: tuple[tuple[str, float], ...] = ()
    dropped: tuple[tuple[str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    terms: Rows = ()
    cleaning: Rows = ()
    related: Rows = ()


@dataclass(frozen=True)
class Stage:
    """What one step cost: the runs of it that made this model, with those that were cut off or failed on the way."""

    step: str
    runs: int
    seconds: float
    energy: Energy | None


@dataclass(frozen=True)
class Cost:
    """What it cost to make: the runs that made this model, with those that were cut off or failed on the way.

    ``energy`` is as its method counts it; ``work`` is what the work drew above the idle computer, ``total`` all that was drawn. Carbon and
    price are of the total, where that is known. ``per_million_tokens`` is the energy of the training for a million training tokens.
    ``project_runs``, ``project_work`` and ``project_total`` are of these runs and of all that led nowhere: another text, setting or budget,
    a look ahead, what was made and thrown away.
    """

    seconds: float | None = None
    cpu_seconds: float | None = None
    runs: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)
    runs_without_energy: int = 0
    energy: Energy | None = None
    work: Energy | None = None
    total: Energy | None = None
    stages: tuple[Stage, ...] = ()
    training_tokens: int | None = None
    per_million_tokens: Energy | None = None
    carbon: CarbonRange | None = None
    carbon_reason: str = ""
    cost: CostRange | None = None
    cost_reason: str = ""
    machines: tuple[str, ...] = ()
    peak_memory_bytes: int | None = None
    project_runs: int = 0
    project_work: Energy | None = None
    project_total: Energy | None = None

    @property
    def runs_led_nowhere(self) -> int:
        """How many runs of the project are not among those that made the model."""
        return self.project_runs - self.runs

    @property
    def project_words(self) -> str:
        """The energy with that of the runs that led nowhere: of the work alone and in all, as it is said of the model."""
        work, total = (each.text() if each else NOT_MEASURED for each in (self.project_work, self.project_total))
        return f"work alone {work}, in all {total}"

    @property
    def cut_words(self) -> str:
        """How much longer than counted a run may have lasted that was cut off; empty where none was."""
        return f"; a run that was cut off may have lasted {LONGEST_BEAT_S:.0f} s longer" if self.by_status.get("cut off") else ""


@dataclass(frozen=True)
class Label:
    """All that a label says. ``verdict`` is better, worse, undecided or not measured; ``settings`` are pairs of name and value.

    ``memory`` and ``more_text`` are those tables of results.json: what the model knows by heart, and what twice the text would save.
    """

    name: str
    language_tag: str
    language_name: str
    script: str
    purpose: str
    not_for: str
    licence: str
    author: str
    made: str
    machine_written: bool
    verdict: str
    headline: str
    verdict_words: str
    parameters: int | None
    vocabulary_size: int | None
    context: int | None
    model: Score | None
    baselines: tuple[Score, ...]
    groups: tuple[Score, ...]
    memory: Mapping[str, Any] | None
    more_text: Mapping[str, Any] | None
    forms: tuple[FileForm, ...]
    text: Text
    cost: Cost
    settings: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    not_measured: tuple[str, ...] = NEVER_MEASURED


def gather_label(place: Project, project: ProjectSettings, ledger: Ledger, artifacts: Mapping[str, Artifact]) -> Label:
    """Gather a label.

    Args:
        place: the project; only its folder's name is used, where the model has none.
        project: the [project] settings.
        ledger: the runs.
        artifacts: the outputs of the steps by name; any may be missing.

    Raises:
        SettingsError: the language or the country is not known.
    """
    facts = {name: artifact.facts for name, artifact in artifacts.items()}
    runs, made_by = ledger.runs(), _runs_of(ledger.runs(), artifacts)
    language = project.parsed_language()
    text = _text(facts.get("corpus", {}), int(facts.get("train", {}).get("related_steps") or 0))
    model, baselines = _model_score(facts.get("evaluate", {})), _baselines(facts.get("evaluate", {}))
    judged: Mapping[str, Any] = facts.get("evaluate", {}).get("verdict") or {}
    verdict, headline = judge(model, baselines, str(judged.get("verdict", "")))
    plan: Mapping[str, Any] = facts.get("plan", {}).get("plan", {})
    return Label(
        name=project.name or place.root.resolve().name,
        language_tag=language.tag,
        language_name=language.name,
        script=language.script,
        purpose=project.purpose,
        not_for=project.not_for,
        licence=project.licence,
        author=project.author,
        made=max((run.ended[:10] for run in made_by), default=""),
        machine_written=_is_machine_written(project, text),
        verdict=verdict,
        headline=headline,
        verdict_words=str(judged.get("words", "")),
        parameters=facts.get("train", {}).get("parameters"),
        vocabulary_size=facts.get("tokenizer", {}).get("vocabulary_size"),
        context=plan.get("model", {}).get("context"),
        model=model,
        baselines=baselines,
        groups=_groups(facts.get("evaluate", {})),
        memory=facts.get("evaluate", {}).get("memory"),
        more_text=facts.get("evaluate", {}).get("more_text"),
        forms=_forms(artifacts.get("export")),
        text=text,
        cost=_cost(project, made_by, runs, facts.get("train", {}).get("tokens_seen")),
        settings=_settings(facts),
        hashes=tuple((name, artifact.sha256) for name, artifact in artifacts.items()),
    )


def judge(model: Score | None, baselines: Iterable[Score], found: str = "") -> tuple[str, str]:
    """Say in words how the model stands beside the best of the models that only count.

    Args:
        model: the model's score.
        baselines: the scores of the models that only count.
        found: the verdict of the evaluation (``better``, ``worse``, ``undecided``), which compares document by document. Without it
            the model's 95 % interval decides.

    Returns:
        ``better``, ``worse``, ``undecided`` or ``not measured``; and it in words.
    """
    best = min(baselines, key=lambda score: score.bits_per_byte, default=None)
    if model is None:
        return NOT_MEASURED, "How good this model is was not measured."
    if best is None:
        return NOT_MEASURED, "This model was not compared with plain counting."
    verdict = found if found in HEADLINES else _by_interval(model, best)
    if verdict == "undecided" and model.low is None:
        return verdict, TOO_FEW
    percent = 100 * abs(1 - model.bits_per_byte / best.bits_per_byte) if best.bits_per_byte else 0.0
    return verdict, HEADLINES[verdict].format(percent=f"{percent:.0f}\u00a0%" if percent >= 1 else "less than 1\u00a0%")


def _by_interval(model: Score, best: Score) -> str:
    low, high = model.low, model.high
    if low is None or high is None:
        return "undecided"
    return "better" if high < best.bits_per_byte else "worse" if low > best.bits_per_byte else "undecided"


def _runs_of(runs: list[RunRecord], artifacts: Mapping[str, Artifact]) -> list[RunRecord]:
    """Return the runs that made these artifacts, in their order."""
    return sorted((run for artifact in artifacts.values() for run in _runs_behind(artifact, runs)), key=lambda run: run.number)


def _runs_behind(artifact: Artifact, runs: list[RunRecord]) -> list[RunRecord]:
    """Return the last run with this output, and those before it that were cut off, interrupted or failed on the way to it.

    What was made, thrown away and made again counts once.
    """
    keys = {str(artifact.manifest.get("key"))} | {run.key for run in runs if run.outputs_sha256 == artifact.sha256}
    made: list[RunRecord] = []
    tries: list[RunRecord] = []
    for run in runs:
        if run.outputs_sha256 == artifact.sha256:
            made, tries = [*tries, run], []
        elif run.key in keys:
            tries = [] if run.status == "done" else [*tries, run]
    return made or tries


def _is_machine_written(project: ProjectSettings, text: Text) -> bool:
    """Whether anything that came with the text says that a machine wrote it."""
    said = [project.purpose, project.not_for, *(each.name for each in (*text.sources, *text.licences, *text.givers)), *text.warnings]
    said += [value for _, value in text.related]
    return any(MACHINE_WRITTEN in words.lower() for words in said)


def _text(facts: Mapping[str, Any], related_steps: int = 0) -> Text:
    train, heldout = facts.get("train_bytes"), facts.get("heldout_bytes")
    both = train + heldout if train is not None and heldout is not None else None
    return Text(
        documents=facts.get("documents"),
        bytes=facts.get("bytes", both),
        train_bytes=train,
        heldout_documents=facts.get("heldout_documents"),
        heldout_bytes=heldout,
        overlap_share=facts.get("overlap_share"),
        sources=(sources := _amounts(facts.get("sources"))),
        source_count=facts.get("source_count", len(sources)),
        licences=_amounts(facts.get("licences")),
        givers=_amounts(facts.get("contributors")),
        scripts=tuple((facts.get("scripts") or {}).items()),
        dropped=tuple((facts.get("dropped") or {}).items()),
        warnings=tuple(facts.get("warnings") or ()),
        terms=terms_rows(facts),
        cleaning=cleaning_rows(facts),
        related=related_rows(facts) if related_steps else (),
    )


def _amounts(table: Any) -> tuple[Amount, ...]:
    """Read ``{name: {documents, bytes}}`` or ``[{name, documents, bytes}]``, most bytes first."""
    rows = [{"name": name, **values} for name, values in table.items()] if isinstance(table, Mapping) else list(table or ())
    found = [Amount(str(row["name"]), row.get("documents"), row.get("bytes")) for row in rows]
    return tuple(sorted(found, key=lambda amount: -(amount.bytes or 0)))


def _score(name: str, values: Mapping[str, Any]) -> Score | None:
    if values.get("bits_per_byte") is None:
        return None
    low, high = values.get("interval") or (None, None)
    return Score(name, float(values["bits_per_byte"]), low, high, values.get("documents"), values.get("bytes"))


def _model_score(facts: Mapping[str, Any]) -> Score | None:
    return _score("this model", facts.get("model") or {})


def _baselines(facts: Mapping[str, Any]) -> tuple[Score, ...]:
    scores = (_score(BASELINE_NAMES.get(name, name), values or {}) for name, values in (facts.get("baselines") or {}).items())
    return tuple(score for score in scores if score is not None)


def _groups(facts: Mapping[str, Any]) -> tuple[Score, ...]:
    """Return the groups of documents, worst first; none where there is one alone, or where the worst is no worse than the whole text.

    Groups of few documents are not among them, and all of what is worse than the whole may lie there.
    """
    scores = [_score(str(values["name"]), values) for values in facts.get("groups") or ()]
    found = sorted((score for score in scores if score is not None), key=lambda score: -score.bits_per_byte)
    whole = _model_score(facts)
    is_worst_known = len(found) > 1 and (whole is None or found[0].bits_per_byte > whole.bits_per_byte)
    return tuple(found) if is_worst_known else ()


def _forms(export: Artifact | None) -> tuple[FileForm, ...]:
    if export is None:
        return ()
    facts, files = export.facts, export.manifest.get("files", {})
    rows = list(facts.get("files") or ({"format": name, **values} for name, values in (facts.get("formats") or {}).items()))
    return tuple(
        FileForm(
            str(row["format"]),
            str(row.get("file", "")),
            row.get("bytes"),
            row.get("bits_per_byte"),
            str(row.get("sha256") or files.get(row.get("file"), {}).get("sha256", "")),
        )
        for row in rows
    )


def _cost(project: ProjectSettings, made_by: list[RunRecord], runs: list[RunRecord], training_tokens: int | None) -> Cost:
    sums, nowhere = total_of(made_by), total_of(_led_nowhere(runs, made_by))
    work, total = _work_and_total(sums.energy)
    nowhere_work, nowhere_total = _work_and_total(nowhere.energy)
    paid = total or sums.energy
    carbon, reason = _carbon(project, paid)
    stages = _stages(made_by)
    training = next((stage.energy for stage in stages if stage.step == "train"), None)
    machines = dict.fromkeys(_machine_text(run.machine) for run in made_by if run.machine)
    peaks = [run.peak_memory_bytes for run in made_by if run.peak_memory_bytes]
    return Cost(
        seconds=sums.seconds if made_by else None,
        cpu_seconds=sums.cpu_seconds if made_by else None,
        runs=sums.runs,
        by_status=sums.by_status,
        runs_without_energy=sums.runs_without_energy,
        energy=sums.energy,
        work=work,
        total=total,
        stages=stages,
        training_tokens=training_tokens,
        per_million_tokens=training.times(1e6 / training_tokens) if training and training_tokens else None,
        carbon=carbon,
        carbon_reason=reason,
        cost=cost_of(paid, project) if paid and not paid.left_out else None,
        cost_reason=why_not_reckoned(paid) or "not reckoned: no tariff or price of fuel was given",
        machines=tuple(machines),
        peak_memory_bytes=max(peaks, default=None),
        project_runs=sums.runs + nowhere.runs,
        project_work=work and nowhere_work and work + nowhere_work if nowhere.runs else work,
        project_total=total and nowhere_total and total + nowhere_total if nowhere.runs else total,
    )


def _led_nowhere(runs: list[RunRecord], made_by: list[RunRecord]) -> list[RunRecord]:
    """Return the runs that were to make a model and did not make this one."""
    made = {run.number for run in made_by}
    return [run for run in runs if run.number not in made and run.step not in NO_TRIALS]


def _work_and_total(energy: Energy | None) -> tuple[Energy | None, Energy | None]:
    return (energy.work(), energy.total()) if energy else (None, None)


def _stages(made_by: list[RunRecord]) -> tuple[Stage, ...]:
    """Return what each step cost, in the order in which they were first run."""
    found = []
    for step in dict.fromkeys(run.step for run in made_by):
        sums = total_of(run for run in made_by if run.step == step)
        found.append(Stage(step, sums.runs, sums.seconds, sums.energy))
    return tuple(found)


def _carbon(project: ProjectSettings, energy: Energy | None) -> tuple[CarbonRange | None, str]:
    if energy is None or energy.left_out:
        return None, why_not_reckoned(energy)
    if not project.country and not project.energy_source:
        return None, "not reckoned: no country was named, nor a source of one's own"
    try:
        return carbon_of(energy, project.country, project.energy_source), ""
    except SettingsError as error:
        return None, f"not reckoned: {error.what}"


def _machine_text(machine: Mapping[str, Any]) -> str:
    """Return processor, threads and memory: enough to compare, not enough to know whose it was."""
    memory = machine.get("memory_bytes")
    threads = machine.get("usable_cores") or machine.get("logical_cores")
    parts = [
        str(machine.get("processor") or "unknown processor"),
        f"{threads:g} usable cores" if threads else "",
        format_bytes(memory) if memory else "",
        str(machine.get("gpu") or ""),
    ]
    return ", ".join(part for part in parts if part)


def _settings(facts: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return how it was made, in the words of a reader who wants to do it again."""
    train = facts.get("train", {})
    plan: Mapping[str, Any] = facts.get("plan", {}).get("plan", {})
    model, training, tokenizer = plan.get("model", {}), plan.get("training", {}), facts.get("tokenizer", {})
    rows = [
        ("tokenizer", f"BPE, {format_count(tokenizer['vocabulary_size'])} tokens" if tokenizer.get("vocabulary_size") else ""),
        ("bytes per token, held-out", _number(tokenizer.get("bytes_per_token", {}).get("heldout"))),
        ("layers x width", f"{model['layers']} x {model['hidden_size']}" if "layers" in model and "hidden_size" in model else ""),
        ("steps", _number(train.get("steps"))),
        ("passes over the text, each model" if train.get("teachers") else "passes over the text", _number(train.get("passes"))),
        ("steps on text of a related language", _number(_all_related_steps(train))),
        ("teachers before it", _number(train["teachers"]) if train.get("teachers") else ""),
        ("tokens seen", _number(train.get("tokens_seen"))),
        ("dropout", _number(training.get("taught_dropout" if train.get("teachers") else "dropout"))),
        ("seed", _number(train.get("seed", training.get("seed")))),
        ("computed in", " on ".join(str(train[name]) for name in ("dtype", "device") if train.get(name))),
        ("threads", _number(train.get("threads"))),
        ("workers", _number(train["workers"]) if train.get("workers", 1) > 1 else ""),
        ("same bits as an uncut run", _EXACT[train.get("exact_resume")]),
    ]
    return tuple((name, value) for name, value in rows if value)


def _all_related_steps(train: Mapping[str, Any]) -> int | None:
    """Return the steps of all models that read text of a related language, as ``steps`` is of all models."""
    each = train.get("related_steps")
    return each and int(each) * (1 + int(train.get("teachers", 0)))


def _number(value: Any) -> str:
    if value is None:
        return ""
    return format_count(value) if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
