"""Respondents whose answers look like no answers: straight lines, copies, nothing at all.

How likely an answer is, is the share that gave it; how likely several are, the product of their
shares, as if questions had nothing to do with each other. Related questions make patterns likelier
than that, so these are places to look at and prove nothing. See Kim et al. (2019), *Straightlining:
overview of measurement, comparison of indicators, and effects in mail–web mixed-mode surveys*, and
Kuriakose & Robbins (2016), *Don't get duped: fraud through duplication in public opinion surveys*.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.coded import Coded
from wavebook.errors import Problem
from wavebook.instrument import Question
from wavebook.schema import Rule, failures
from wavebook.special import pdtrc

ROWS = 4  # the same answer to fewer rows is no pattern
RARE = 0.01  # a pattern likelier than this is told of nobody, nor are copies likelier than this
SURPRISING = 0.001  # nor is one that may turn up so often by chance, with this probability,
TIMES = 2  # or turns up fewer than so many times as often: no two questions are quite unrelated
PAIRS = 20  # so many respondents with copies are told one by one


def problems(coded: Coded) -> Iterator[Problem]:
    """Yield warnings about respondents."""
    for name, question in coded.questions.items():
        if question.type == "matrix":
            yield from _straight_lines(coded, name, question)
    yield from _copies(coded)


def _straight_lines(coded: Coded, name: str, question: Question) -> Iterator[Problem]:
    """Yield who gave one answer to every row, where that is rare and happens too often."""
    places = coded.of(name)
    if len(places) < ROWS:
        return
    # Who refused every row has answered none.
    options = len(question.choices) + len(question.count)
    codes = coded.codes[:, places]
    given = (codes >= 0) & (codes < options)
    able = given.sum(axis=1) >= ROWS
    with np.errstate(divide="ignore"):
        logs = np.log(np.array([coded.shares[place][:options] for place in places]))
    # Finite, so that it is 0 where a row was not answered.
    chances = np.exp(given.astype(np.float64) @ np.maximum(logs, -1e3))
    for option, answer in enumerate(question.answers[:options]):
        rare = able & (chances[:, option] < RARE)
        straight = rare & ((codes == option) | ~given).all(axis=1)
        expected = float(chances[rare, option].sum())
        often = int(straight.sum())
        if often > TIMES * expected and pdtrc(often - 1, expected) < SURPRISING:
            rule = Rule("straight-line", np.logical_not, "", f"{expected:.1f} by chance")
            for failure in failures(pd.DataFrame({"straight": straight}), {"straight": [rule]}):
                rows = np.asarray(failure.places) + 1
                many = f"{len(rows):,} respondent{'s' if len(rows) != 1 else ''}"
                found = f"'{answer}' in every row, from {many}"
                yield coded.warning(rule, found, coded.all_of(name), rows)


def _copies(coded: Coded) -> Iterator[Problem]:
    """Yield respondents whose answers are those of an earlier one, and those without any."""
    codes = coded.codes
    nothing = (codes < 0).all(axis=1)
    chance = np.zeros(len(codes))
    for place, shares in enumerate(coded.shares):
        with np.errstate(divide="ignore"):
            logs = np.append(np.log(shares), 0.0)  # no answer has the last place, −1
        chance += logs[codes[:, place]]
    keys = pd.util.hash_pandas_object(pd.DataFrame(codes), index=False)
    # Each of n respondents may have a copy among n others.
    is_rare = np.exp(chance) * len(codes) ** 2 < RARE
    copy = keys.duplicated().to_numpy() & ~nothing & is_rare
    measures = pd.DataFrame({"nothing": nothing, "copy": copy})
    rules = {
        "nothing": [Rule("no-answers", np.logical_not, "", "answers")],
        "copy": [Rule("same-answers", np.logical_not, "", "answers of their own")],
    }
    for failure in failures(measures, rules):
        places = np.asarray(failure.places)
        if failure.rule.name == "no-answers":
            yield coded.warning(failure.rule, "no answer to any question", rows=places + 1)
            continue
        originals = _originals(keys, places)
        if len(set(originals)) > PAIRS:
            found = "every answer is that of an earlier respondent"
            yield coded.warning(failure.rule, found, rows=places + 1)
            continue
        for original in dict.fromkeys(originals.tolist()):
            found = f"every answer is that of the respondent in row {original + 1}"
            yield coded.warning(failure.rule, found, rows=places[originals == original] + 1)


def _originals(keys: pd.Series[int], places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return, for each place, the first with the same key."""
    firsts = keys.drop_duplicates()
    found: NDArray[np.intp] = pd.Series(firsts.index, index=firsts)[keys.iloc[places]].to_numpy()
    return found
