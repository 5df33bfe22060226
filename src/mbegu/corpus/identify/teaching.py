"""Teaching a language from lines of its text, forgetting it, and overruling what is said of a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mbegu.core.errors import InputError
from mbegu.corpus.identify.counting import Counts, add_counts, count_grams
from mbegu.corpus.identify.identifier import Identifier
from mbegu.corpus.identify.likelihood import OTHER_SCRIPT_COST, Likelihood
from mbegu.corpus.identify.model_file import Model, Taught, TaughtFrom, line_key, line_size
from mbegu.corpus.identify.scoring import Scorer
from mbegu.corpus.identify.spelling import spell

LEAST_LINES = 5
LEAST_LETTERS = 300
ADVISED_LINES = 500
HELD_BACK = 5  # one line in so many is kept from the counts to see what unseen lines cost


@dataclass(frozen=True)
class HeldBack:
    """Lines that were held back from the counts: how many, how many were given the right language, and what was said of the others."""

    lines: int
    right: int
    taken_for: dict[str, int]


def teach(model: Model, code: str, lines: Sequence[str], *sources: TaughtFrom) -> HeldBack:
    """Teach a language, or more of one that is already taught; the model changes.

    Args:
        model: what was taught before.
        code: ISO 639-3 code.
        lines: of the language, without empty ones.
        sources: the files that they come from.

    Returns:
        How well it is told from the languages taught before, on lines that were held back.

    Raises:
        InputError: too little text, or one of the files taught the language before.
    """
    before = model.languages.get(code)
    names = ", ".join(each.name for each in sources)
    seen = {each.sha256 for each in before.sources} if before else set()
    for source in sources:
        if source.sha256 in seen:
            raise InputError(f"'{code}' was taught from this very file before", source.name, "give another file, or forget the language first")
        seen.add(source.sha256)
    letters = int(spell(lines).letters.sum()) if lines else 0
    if len(lines) < LEAST_LINES or letters < LEAST_LETTERS:
        what = f"too little text to learn '{code}' from: {len(lines)} lines with {letters} letters"
        raise InputError(what, names, f"give at least {LEAST_LINES} lines and {LEAST_LETTERS} letters, better {ADVISED_LINES} lines")
    rest = count_grams([line for number, line in enumerate(lines) if number % HELD_BACK])
    rest = add_counts(before.counts, rest) if before else rest
    cost = typical_cost(rest, lines[::HELD_BACK])
    others = {other: taught for other, taught in model.languages.items() if other != code}
    result = try_out({**others, code: Taught(rest, cost, ())}, code, lines[::HELD_BACK])
    counts = count_grams(lines)
    if before:
        old, new = (sum(each.characters for each in some) for some in (before.sources, sources))
        cost = (cost * new + before.typical_cost * old) / (new + old)
        counts = add_counts(before.counts, counts)
    model.languages[code] = Taught(counts, cost, (*(before.sources if before else ()), *sources))
    return result


def typical_cost(counts: Counts, lines: Sequence[str]) -> float:
    """Return what a letter costs in lines of a language that are not among its counts, in nats: the mean over the lines."""
    scores = Scorer(Likelihood([counts])).lines(lines)
    some = scores.letters > 0
    return float((scores.costs[some, 0] / scores.letters[some]).mean()) if some.any() else OTHER_SCRIPT_COST


def try_out(languages: Mapping[str, Taught], code: str, lines: Sequence[str]) -> HeldBack:
    """Return what languages say of lines that are in one of them and not among its counts."""
    said = Counter(guess.language for guess in Identifier(Model(dict(languages)), with_library=False).lines(lines))
    return HeldBack(len(lines), said.pop(code, 0), dict(said.most_common()))


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
