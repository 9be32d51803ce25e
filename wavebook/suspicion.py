"""What looks odd in a part's answers, though each of them is possible.

Measures of questions, columns and weights are made first; what they should be is a rule each, as in
`wavebook.check`. Nothing here makes a wave unusable: these are warnings to look at, and notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook import response_style
from wavebook.check import Answers
from wavebook.coded import Coded
from wavebook.errors import Problem
from wavebook.schema import Rule, failures

FEW = 30  # below this base a share says little
MANY = 100  # from this base on, somebody should have chosen each option
LEFT_OUT = 0.2  # share of those asked who may leave a question out
UNDECIDED = (
    0.01  # share of a derived question's base who may be counted as "no" for want of answers
)
DESIGN_EFFECT = 2.0  # Kish's: from here on weights cost half the sample
SPREAD = 50.0  # largest weight in smallest weights


def problems(answers: Answers) -> Iterator[Problem]:
    """Yield warnings about questions, columns, respondents and weights, then notes."""
    coded = Coded(answers)
    if not coded.columns:
        return
    if len(answers.frame):
        columns = _measures(coded)
        yield from _of_questions(coded, columns)
        yield from _of_columns(coded, columns)
        yield from _of_options(coded, columns)
        yield from _of_derived(coded)
        yield from response_style.problems(coded)
        yield from _of_weights(coded)
    yield from _not_asked(answers)


def _measures(coded: Coded) -> pd.DataFrame:
    """Return how many were asked and answered, and what, a line a column."""
    lines = []
    for column, place in coded.columns.items():
        question, row = coded.answers.questions[column]
        inside = coded.inside(column)
        known = coded.codes[:, place] >= 0
        given = coded.answers.frame[column].notna().to_numpy()  # an unknown option is an answer too
        shares = coded.shares[place]
        lines.append(
            {
                "column": column,
                "question": column.removesuffix(f"__{row}") if row else column,
                "type": question.type,
                "asked": int(inside.sum()),
                "answered": int((inside & given).sum()),
                "unknown": int((given & ~known).sum()),
                "different": int((shares > 0).sum()),
                "answer": question.answers[int(shares.argmax())],
            }
        )
    return pd.DataFrame(lines)


def _of_questions(coded: Coded, columns: pd.DataFrame) -> Iterator[Problem]:
    """Yield questions that nobody, or too few of their base, answered.

    The rows of a matrix may each have a base, so their answers are counted; of other questions,
    the people.
    """
    grouped = columns.groupby("question", sort=False)[["asked", "answered"]]
    of_answers, of_people = grouped.sum(), grouped.max()
    in_cells = columns.groupby("question", sort=False)["type"].first() == "matrix"
    measures = of_people.mask(in_cells, of_answers).assign(base=of_people["asked"])
    measures["left"] = 1 - measures["answered"] / measures["asked"].clip(lower=1)
    nobody = (measures["answered"] == 0).to_numpy()
    few = (measures["base"] < FEW).to_numpy() | nobody
    rules = {
        "base": [Rule("nobody-asked", lambda base: base > 0, "", "somebody in its base")],
        "answered": [
            Rule("nobody-answered", lambda c: ~nobody | (measures["base"] == 0), "", "answers")
        ],
        "left": [Rule("left-out", lambda c: (c <= LEFT_OUT) | few, "", f"at most {LEFT_OUT:.0%}")],
    }
    names = measures.index
    measures = measures.reset_index(drop=True)
    for failure in failures(measures, rules):
        for place in failure.places:
            name = str(names[place])
            line: Any = measures.loc[place]
            base, asked, answered = (int(line[key]) for key in ("base", "asked", "answered"))
            what = "answers" if in_cells.iloc[place] else "people in its base"
            found = {
                "nobody-asked": "nobody is in its base",
                "nobody-answered": f"none of {base:,} in its base answered",
                "left-out": f"{line['left']:.0%} left out: "
                f"{asked - answered:,} of {asked:,} {what}",
            }[failure.rule.name]
            yield coded.warning(failure.rule, found, coded.all_of(name))


def _of_columns(coded: Coded, columns: pd.DataFrame) -> Iterator[Problem]:
    """Yield columns in which all say the same."""
    enough = columns["answered"] >= np.where(columns["type"] == "multiple", MANY, FEW)
    enough &= columns["unknown"] == 0
    rule = Rule("all-the-same", lambda c: (c != 1) | ~enough, "", "different answers")
    for failure in failures(columns, {"different": [rule]}):
        for place in failure.places:
            line: Any = columns.loc[place]
            found = f"all {line['answered']:,} answers are '{line['answer']}'"
            yield coded.warning(rule, found, line["column"])


def _of_options(coded: Coded, columns: pd.DataFrame) -> Iterator[Problem]:
    """Yield options that nobody chose in any row, unless all chose the same."""
    answered = columns.groupby("question")["answered"].max()
    varied = columns.groupby("question")["different"].max() > 1
    lines = [
        {"question": name, "option": code, "share": sum(coded.shares[p][at] for p in places)}
        for name, question in coded.questions.items()
        if varied[name] and answered[name] >= MANY
        for places in [coded.of(name)]
        for at, (code, option) in enumerate(question.options.items())
        if coded.answers.existed(option)
    ]
    options = pd.DataFrame(lines, columns=["question", "option", "share"])
    rule = Rule("never-chosen", lambda share: share > 0, "", "somebody who chose it")
    for failure in failures(options, {"share": [rule]}):
        for place in failure.places:
            line: Any = options.loc[place]
            found = f"nobody chose '{line['option']}', of {answered[line['question']]:,}"
            yield coded.warning(rule, found, coded.all_of(line["question"]))


def _of_derived(coded: Coded) -> Iterator[Problem]:
    """Yield derived questions to which many are a "no" only because they left rows empty."""
    answers = coded.answers
    derived = {n: q for n, q in answers.instrument.of_part(answers.part) if q.type == "derived"}
    counts = []
    for question in derived.values():
        source = question.source or ""
        rows = question.from_rows or answers.instrument.questions[source].rows
        columns = [c for c in (f"{source}__{row}" for row in rows) if c in coded.columns]
        nobody = np.zeros((len(answers.frame), 1), dtype=bool)
        given = np.column_stack([nobody, *(_given(coded, column) for column in columns)])
        empty = np.column_stack([nobody, *(coded.inside(column) for column in columns)]) & ~given
        chosen = np.column_stack(
            [nobody, *(answers.frame[c].isin(question.from_options) for c in columns)]
        ).sum(axis=1)
        least = question.at_least
        open_ = (chosen < least) & (chosen + empty.sum(axis=1) >= least) & given.any(axis=1)
        counts.append((int(open_.sum()), int(given.any(axis=1).sum())))
    measures = pd.DataFrame(counts, columns=["open", "base"])
    share = measures["open"] / measures["base"].clip(lower=1)
    rule = Rule("undecided", lambda _: share <= UNDECIDED, "", f"at most {UNDECIDED:.0%}")
    names = list(derived)
    for failure in failures(measures, {"open": [rule]}):
        for place in failure.places:
            count, base = counts[place]
            source = coded.all_of(derived[names[place]].source or "")
            found = (
                f"{count:,} of {base:,} count as 'no' in {names[place]}, but left rows empty that "
                "could have made them a 'yes'"
            )
            yield coded.warning(rule, found, source)


def _given(coded: Coded, column: str) -> NDArray[np.bool_]:
    """Return who gave an answer that says something."""
    question, _ = coded.answers.questions[column]
    told = coded.answers.frame[column]
    return (told.notna() & ~told.isin(list(question.missing))).to_numpy(dtype=bool)


def _of_weights(coded: Coded) -> Iterator[Problem]:
    column = coded.answers.design.weight
    if not column or column not in coded.answers.frame:
        return
    told = pd.to_numeric(coded.answers.frame[column], errors="coerce").to_numpy(dtype=float)
    weights = told[np.isfinite(told) & (told > 0)]
    if not len(weights):
        return
    # Kish (1965), *Survey Sampling*, section 11.7: n Σw² / (Σw)².
    effect = len(weights) * float((weights**2).sum()) / float(weights.sum()) ** 2
    spread = float(weights.max() / weights.min())
    none = int((told == 0).sum())
    found = {
        "design-effect": f"the weights' design effect is {effect:.1f}: "
        f"{len(weights):,} respondents count as {len(weights) / effect:,.0f}",
        "weights-apart": f"the largest weight is {spread:,.0f} times the smallest",
        "zero-weight": f"{none:,} respondents have the weight 0 and count nothing",
    }
    measures = pd.DataFrame({"effect": [effect], "spread": [spread], "none": [none]})
    rules = {
        "effect": [Rule("design-effect", lambda c: c <= DESIGN_EFFECT, "", "2 or less")],
        "spread": [Rule("weights-apart", lambda c: c <= SPREAD, "", "50 times or less")],
        "none": [Rule("zero-weight", lambda c: c == 0, "", "weights above 0")],
    }
    for failure in failures(measures, rules):
        yield coded.warning(failure.rule, found[failure.rule.name], column)


def _not_asked(answers: Answers) -> Iterator[Problem]:
    """Yield what the instrument has for the wave's years and the file has not."""
    for name, question in answers.instrument.of_part(answers.part):
        if question.type == "derived" or not answers.existed(question):
            continue
        rows = {
            column: question.rows[row].label if row else ""
            for column, row in question.columns(name).items()
            if not row or answers.existed(question.rows[row])
        }
        gone = [column for column in rows if column not in answers.frame]
        if not gone:
            continue
        found = f"not asked: {question.label}"
        column = f"{name}__*" if question.rows else name
        if len(gone) < len(rows):
            found += f", the rows {', '.join(rows[column] for column in gone)}"
            column = ", ".join(gone)
        yield Problem(
            answers.name, found, column=column, severity="note", found=found, rule="not-asked"
        )
