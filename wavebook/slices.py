"""A wave cut into slices by the answers to one question, and the findings' headlines compared.

Each slice is a domain of the whole design. What is compared is computed for all slices at once, so
that what is suppressed in one cannot be had from the others and the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wavebook.asking import Asking
from wavebook.change import Verdict, between_groups, verdict
from wavebook.engines import Source
from wavebook.errors import WavebookError, listing, nearest
from wavebook.estimates import Estimate, Estimates
from wavebook.expression import Condition, parse
from wavebook.headcount import Counted, headcount, met
from wavebook.intervals import holm
from wavebook.results import Result

EVERYONE = "__everyone"
RESPONDENT = "respondent"  # the column that everybody has


@dataclass(frozen=True)
class Slice:
    """The respondents who gave one answer to the question that a wave is cut by.

    Attributes
    ----------
    code, label
        The answer.
    where
        The condition that picks the slice.
    respondents
        How many there are; None where they are too few to say so, or for a report of their own.
    """

    code: str
    label: str
    where: str
    respondents: int | None


def slices_of(asking: Asking, by: str) -> list[Slice]:
    """Return the slices of a wave, in the order of the questionnaire.

    Parameters
    ----------
    asking
        The wave, or the slice of it that is cut.
    by
        A single or derived question.

    Raises
    ------
    WavebookError
        If there is no such question, the wave did not ask it, or it has no groups.
    """
    questions = asking.wave.instrument.questions
    if by not in questions:
        known = [n for n, q in questions.items() if q.type in ("single", "derived")]
        raise WavebookError(f"--by: no question '{by}'{nearest(by, known)} {listing(known)}")
    question = questions[by]
    if question.type not in ("single", "derived"):
        raise WavebookError(
            f"--by: {by} is a {question.type} question; expected one whose answers make groups, "
            "single or derived"
        )
    if not asking.wave.asks(by):
        raise WavebookError(f"--by: wave {asking.wave.id} did not ask {by}")
    found = []
    sizes = _sizes(asking, by)
    for code in question.choices:
        if code not in sizes:
            continue
        condition = f"{by} == '{code}'"
        where = f"({asking.where}) and {condition}" if asking.where else condition
        found.append(Slice(code, question.label_of(code), where, sizes[code]))
    if not found:
        raise WavebookError(f"--by: nobody in wave {asking.wave.id} answered {by}")
    return found


def _sizes(asking: Asking, by: str) -> dict[str, int | None]:
    """Return how many respondents each group has, by its code; None for those that are too few."""
    shares = asking.shares(by, options=asking.wave.instrument.questions[by].choices)
    least = asking.wave.about.thresholds
    sizes: dict[str, int | None] = {}
    for e in shares:
        if e.is_suppressed:
            sizes[e.cell.option] = None
        elif e.count:
            sizes[e.cell.option] = e.count if least is None or e.count >= least.minimum else None
    if least and list(sizes.values()).count(None) == 1:
        # One alone would be what the others leave of the total.
        smallest = min((code for code, n in sizes.items() if n), key=lambda c: sizes[c] or 0)
        sizes[smallest] = None
    return sizes


def people_in(asking: Asking, by: str) -> tuple[int | None, int]:
    """Return how many people are cut into slices, and how many of them gave no answer to `by`.

    Who has no weight counts among the people of a wave, and may have answered. None of a slice that
    has few, or leaves out a few.
    """
    question = asking.wave.instrument.questions[by]
    source = Source.of(asking.wave.rows_of(question.part))
    answered = Counted(by, tuple(question.choices), ())
    if not asking.where:
        everybody = asking.wave.respondents[question.part]
        anybody = parse(f"{by} == '{next(iter(question.choices))}'")  # one way or the other
        told, _ = headcount(source, answered, anybody, None)
        return everybody, everybody - int(told.sum())
    picked = Counted(RESPONDENT, None, ())
    condition = parse(asking.where)
    least = asking.wave.about.thresholds.minimum if asking.wave.about.thresholds else 0
    within: Condition | None = condition
    while within is not None:  # a slice of a slice may leave out a few of that one
        inside, left = _split(source, picked, within)
        if inside < least or 0 < left < least:
            return None, 0
        within = within.narrowed[1]
    people, _ = _split(source, picked, condition)
    return people, people - _split(source, answered, condition)[0]


def _split(source: Source, counted: Counted, where: Condition) -> tuple[int, int]:
    """Return how many a condition picks, and how many it leaves out of what they are a slice of."""
    step, whole = where.narrowed
    people, (parts,) = headcount(source, counted, step, whole)
    is_met = met(step, parts)
    return int(people[is_met].sum()), int(people[~is_met].sum())


@dataclass(frozen=True)
class Compared:
    """A finding's headline in each slice.

    Attributes
    ----------
    everyone
        The headline's value for the whole wave.
    values
        By the slice's code; absent where the slice has none.
    verdicts
        By the slice's code: whether its share is clearly above or below everyone's.
    """

    finding: Result
    everyone: Estimate
    values: dict[str, Estimate]
    verdicts: dict[str, Verdict]


def compare_headlines(
    asking: Asking, by: str, slices: Sequence[Slice], results: Sequence[Result]
) -> list[Compared]:
    """Return each finding's headline in each slice.

    Parameters
    ----------
    results
        The findings of the whole wave. A headline that is not a share or a mean rank, or is of
        another part than the question `by`, has no values.
    """
    return [
        Compared(result, result.headline, *_by_slice(asking, by, slices, result.headline))
        for result in results
        if result.headline is not None
    ]


def _by_slice(
    asking: Asking, by: str, slices: Sequence[Slice], headline: Estimate
) -> tuple[dict[str, Estimate], dict[str, Verdict]]:
    found = _estimates(asking, by, headline)
    shown = {one.code for one in slices if one.respondents is not None}
    values = {}
    for e in found:
        code = e.cell.group.rpartition(f"{by}=")[2]
        if code in shown and e.cell.row == headline.cell.row:
            values[code] = e
    known = {code for code, e in values.items() if not e.is_missing}
    return values, _verdicts(asking, by, headline, known)


def _estimates(asking: Asking, by: str, headline: Estimate) -> Estimates:
    cell = headline.cell
    question = asking.wave.instrument.question(cell.question)
    if cell.group or cell.measure not in ("share", "mean_rank", "rank"):
        return Estimates(())
    if question.type == "ranking":
        return asking.ranks(cell.question, by=by).only(measure=cell.measure)
    if cell.measure != "share":
        return Estimates(())
    rows = [cell.row] if cell.row else None
    return asking.shares(cell.question, rows=rows, options=[cell.option], by=by)


def _verdicts(asking: Asking, by: str, headline: Estimate, known: set[str]) -> dict[str, Verdict]:
    """Return which slices are clearly above or below everyone, allowing for how many there are."""
    cell = headline.cell
    question = asking.wave.instrument.question(cell.question)
    if not known or cell.measure != "share" or asking.wave.is_reconstruction:
        return {}
    column = asking.wave.rows_asked(cell.question)[cell.row]
    table = between_groups(
        asking.wave.rows_of(question.part),
        column,
        by,
        against=EVERYONE,
        total=EVERYONE,
        design=asking.wave.about.parts[question.part].design,
        level=asking.level,
        adjust=False,  # for what nobody is shown
        where=asking.where,
        options=question.choices,
        nets={code: net.options for code, net in question.nets.items()},
        count=tuple(question.count),
        missing=tuple(question.missing),
    )
    table = table[(table["option"] == cell.option) & table["group"].isin(known)]
    judged = zip(table["group"], table["change"], holm(table["p"]), strict=True)
    return {group: verdict(change, p, asking.level) for group, change, p in judged}
