"""Whether respondents bear out what a published commentary claims about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import inf, nan

import pandas as pd

from wavebook.errors import Problem, WavebookError, listing, nearest
from wavebook.evidence import Claim
from wavebook.instrument import Instrument, Question

Frames = Mapping[str, pd.DataFrame]
"""The respondents of each part, a column per question or row, missing answers empty."""


def parse_group(text: str) -> dict[str, str]:
    """Return ``region=north & member=yes`` as ``{column: answer}``.

    Examples
    --------
    >>> parse_group("member=yes & region=north")
    {'member': 'yes', 'region': 'north'}
    """
    pairs = [part.partition("=") for part in text.split("&")] if text.strip() else []
    if any(not sep or not name.strip() or not value.strip() for name, sep, value in pairs):
        raise WavebookError(f"'{text}' is not a group: expected column=answer, joined by &")
    return {name.strip(): value.strip() for name, _, value in pairs}


def group_text(group: Mapping[str, str]) -> str:
    """Return a group as the files write it, columns in alphabetical order."""
    return " & ".join(f"{column}={group[column]}" for column in sorted(group))


def claim_problems(claims: Sequence[Claim], instrument: Instrument, name: str) -> list[Problem]:
    """Return what is wrong with claims that a questionnaire can tell: codes, bounds, groups."""
    return [
        Problem(name, message, column=claim.id)
        for claim in claims
        for message in _messages(claim, instrument)
    ]


def _messages(claim: Claim, instrument: Instrument) -> Iterator[str]:
    low, high = bounds(claim)
    if low > high:
        yield f"low {low:g} is above high {high:g}"
    if (claim.relation != "=") == (not claim.than_row and not claim.than_group):
        yield "a comparison, and no other claim, says with what it compares"
    for text in (claim.group, claim.than_group):
        try:
            group = parse_group(text)
        except WavebookError as error:
            yield str(error)
            continue
        for column, answer in group.items():
            yield from instrument.expression_problems(f"{column} == {answer!r}")
    if not claim.question:
        return
    question = instrument.questions.get(claim.question)
    if question is None:
        yield f"no question '{claim.question}'{nearest(claim.question, instrument.questions)}"
        return
    for row in filter(None, (claim.row, claim.than_row)):
        if row not in question.rows:
            yield f"'{row}' is not a row of {claim.question}{nearest(row, question.rows)}"
    known = (*question.answers, *question.nets)
    if claim.option and claim.option not in known:
        yield f"'{claim.option}' is not an answer to {claim.question} {listing(known)}"


def bounds(claim: Claim) -> tuple[float, float]:
    """Return the bounds of a claim's value, infinite where it has none."""
    return (
        -inf if claim.low is None else claim.low,
        inf if claim.high is None else claim.high,
    )


def options_of(question: Question, option: str) -> tuple[str, ...]:
    """Return the options that an option or net stands for."""
    return question.nets[option].options if option in question.nets else (option,)


def members(frame: pd.DataFrame, group: Mapping[str, str]) -> pd.Series[bool]:
    """Return who belongs to a group."""
    inside = pd.Series(True, index=frame.index)
    for column, answer in group.items():
        inside &= frame[column].eq(answer).fillna(False)
    return inside


def derived_answers(frame: pd.DataFrame, question: Question, instrument: Instrument) -> pd.Series:
    """Return a derived question's answers: yes, no, or missing where its source was not asked."""
    source = instrument.question(str(question.source))
    rows = question.from_rows or tuple(source.rows)
    columns = [c for row in rows if (c := f"{question.source}__{row}") in frame]
    enough = frame[columns].isin(question.from_options).sum(axis=1) >= question.at_least
    answers = enough.map({True: "yes", False: "no"}).astype(object)
    return answers.where(frame[columns].notna().any(axis=1), None)


def mean_ranks(frame: pd.DataFrame, name: str, question: Question) -> pd.Series[float]:
    """Return each row's mean rank among those who gave a ranking."""
    columns = {f"{name}__{row}": row for row in question.rows if f"{name}__{row}" in frame}
    ranks = frame[list(columns)].to_numpy(dtype=float, na_value=nan)
    return pd.DataFrame(ranks, columns=list(columns.values())).mean()


def measured(claim: Claim, frames: Frames, instrument: Instrument, *, than: bool = False) -> float:
    """Return what the respondents give for a claim's cell, or for the cell it compares with.

    Raises
    ------
    KeyError
        With the question or column that the respondents have no answers to.
    """
    cell = claim.than if than else claim.cell
    row, group = cell.row, parse_group(cell.group)
    frame = frames[claim.part]
    if not claim.question:
        return float(len(frame))
    question = instrument.question(claim.question)
    source = str(question.source) if question.type == "derived" else claim.question
    columns = [c for c in instrument.question(source).columns(source) if c in frame]
    if not columns:
        raise KeyError(source)
    frame = frame.loc[members(frame, group), columns]
    if claim.measure == "rows":
        return float(len([r for r in question.rows if f"{claim.question}__{r}" in frame]))
    if claim.measure == "mean_rank":
        return float(mean_ranks(frame, claim.question, question)[row])
    if claim.measure == "rank":
        return float(standing(frame, claim.question, question)[row])
    if question.type == "derived":
        answers = derived_answers(frame, question, instrument)
    elif row or question.type == "single":
        answers = frame[f"{claim.question}__{row}" if row else claim.question]
    else:
        first, *others = (frame[column] for column in columns)
        answers = reduce(lambda found, more: found.fillna(more), others, first)
    if claim.measure == "base":
        return float(answers.notna().sum())
    chosen = answers.isin(options_of(question, claim.option))
    return float(chosen.sum() if claim.measure == "count" else chosen.sum() / answers.notna().sum())


def standing(frame: pd.DataFrame, name: str, question: Question) -> pd.Series[float]:
    """Return rows' competition ranks: by mean rank, or by how many chose them."""
    if question.type == "ranking":
        sums = mean_ranks(frame, name, question).round(9)
    else:
        columns = {f"{name}__{row}": row for row in question.rows if f"{name}__{row}" in frame}
        sums = -(frame[list(columns)] == "yes").rename(columns=columns).sum()
    return sums.rank(method="min")


def is_met(claim: Claim, frames: Frames, instrument: Instrument) -> bool:
    """Whether the respondents bear a claim out at its stated precision."""
    found = measured(claim, frames, instrument)
    if claim.relation == "<":
        return found < measured(claim, frames, instrument, than=True)
    if claim.relation == ">":
        return found > measured(claim, frames, instrument, than=True)
    if claim.measure == "rank" and claim.value:
        frame = frames[claim.part]
        frame = frame[members(frame, parse_group(claim.group))]
        places = standing(frame, claim.question, instrument.question(claim.question))
        if ((places == places[claim.row]).sum() > 1) != claim.value.endswith("="):
            return False
    low, high = bounds(claim)
    return low <= found <= high


def unmet(claims: Sequence[Claim], frames: Frames, instrument: Instrument) -> list[Claim]:
    """Return the claims that the respondents do not bear out."""
    return [claim for claim in claims if not is_met(claim, frames, instrument)]


def shortfall(claim: Claim, frames: Frames, instrument: Instrument) -> tuple[str, str]:
    """Return what the respondents give for a claim that they do not bear out, and what it says."""
    found = measured(claim, frames, instrument)
    if claim.relation != "=":
        than = measured(claim, frames, instrument, than=True)
        return f"{found:.4f}", f"{claim.relation} {than:.4f}"
    low, high = bounds(claim)
    return f"{found:.4f}", f"{low:g} to {high:g}"
