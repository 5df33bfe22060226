"""Teaching a language from lines of its text, forgetting it, and overruling what is said of a line."""

from __future__ import annotations

from collections.abc import Sequence

from mbegu.core.errors import InputError
from mbegu.corpus.identify.counting import Counts, add_counts, count_grams
from mbegu.corpus.identify.likelihood import OTHER_SCRIPT_COST, Likelihood
from mbegu.corpus.identify.model_file import Model, Taught, TaughtFrom, line_key, line_size
from mbegu.corpus.identify.scoring import Scorer
from mbegu.corpus.identify.spelling import spell

LEAST_LINES = 5
LEAST_LETTERS = 300
ADVISED_LINES = 500
HELD_BACK = 5  # one line in so many is kept from the counts to see what unseen lines cost


def teach(model: Model, code: str, lines: Sequence[str], source: TaughtFrom) -> Taught:
    """Teach a language, or more of one that is already taught; the model changes.

    Args:
        model: what was taught before.
        code: ISO 639-3 code.
        lines: of the language, without empty ones.
        source: what they come from.

    Returns:
        What is now known of the language.

    Raises:
        InputError: too little text, or this file taught the language before.
    """
    before = model.languages.get(code)
    if before and source.sha256 in {each.sha256 for each in before.sources}:
        raise InputError(f"'{code}' was taught from this very file before", source.name, "give another file, or forget the language first")
    letters = int(spell(lines).letters.sum()) if lines else 0
    if len(lines) < LEAST_LINES or letters < LEAST_LETTERS:
        what = f"too little text to learn '{code}' from: {len(lines)} lines with {letters} letters"
        raise InputError(what, source.name, f"give at least {LEAST_LINES} lines and {LEAST_LETTERS} letters, better {ADVISED_LINES} lines")
    cost = typical_cost(lines, before.counts if before else None)
    counts = count_grams(lines)
    if before:
        known = sum(each.characters for each in before.sources)
        cost = (cost * source.characters + before.typical_cost * known) / (source.characters + known)
        counts = add_counts(before.counts, counts)
    model.languages[code] = Taught(counts, cost, (*(before.sources if before else ()), source))
    return model.languages[code]


def typical_cost(lines: Sequence[str], before: Counts | None = None) -> float:
    """Return what a letter costs in lines that did not teach the language, in nats: the mean over every fifth line, taught by the others."""
    taught = count_grams([line for number, line in enumerate(lines) if number % HELD_BACK])
    scores = Scorer(Likelihood([add_counts(before, taught) if before else taught])).lines(lines[::HELD_BACK])
    some = scores.letters > 0
    return float((scores.costs[some, 0] / scores.letters[some]).mean()) if some.any() else OTHER_SCRIPT_COST


def forget(model: Model, code: str) -> int:
    """Remove a language and the lines that were overruled to be in it; the model changes.

    Returns:
        How many overruled lines went with it.

    Raises:
        InputError: it was not taught and no line was overruled to be in it.
    """
    overruled = [key for key, (other, _) in model.overruled.items() if other == code]
    if code not in model.languages and not overruled:
        known = ", ".join(sorted(model.languages)) or "none"
        raise InputError(f"'{code}' was not taught", fix=f"`mbegu identify show` lists the taught languages: {known}")
    model.languages.pop(code, None)
    for key in overruled:
        del model.overruled[key]
    return len(overruled)


def overrule(model: Model, line: str, code: str) -> None:
    """Remember that a line is in a language, whatever the counts say; the model changes."""
    model.overruled[line_key(line)] = (code, line_size(line))
