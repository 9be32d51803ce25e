"""What an author assumes where the evidence is silent: shares, orders, what goes with what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from wavebook.errors import Problem, WavebookError, listing, nearest
from wavebook.instrument import Code, Instrument, Question
from wavebook.reconstruct.claims import parse_group
from wavebook.validation import validation_problems
from wavebook.yaml_file import read_yaml


def _is_group(text: str) -> str:
    try:
        parse_group(text)
    except WavebookError as error:
        raise ValueError(str(error)) from None
    return text


GroupText = Annotated[str, AfterValidator(_is_group)]
Share = Annotated[float, Field(ge=0, le=1)]
Shares = dict[Code, Share]
Loadings = dict[str, Annotated[float, Field(ge=-1, le=1)]]
"""How strongly a trait or an earlier answer moves somebody towards the first option."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Preference(_Strict):
    """Preferred shares of a row's options, overall and for groups.

    One option may be left out: it takes what the others leave. A group's shares replace the
    overall ones for its members; the group with most conditions wins. In a file, the shares alone
    will do, and for a row of a multiple question a number.
    """

    shares: Shares = Field(default_factory=dict)
    groups: dict[GroupText, Shares] = Field(default_factory=dict)
    loadings: Loadings = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        if isinstance(data, int | float):
            return {"shares": {"yes": data}}
        if not isinstance(data, dict):
            return data
        if not data.keys() & {"shares", "groups", "loadings"}:
            data = {"shares": data}
        groups = data.get("groups", {})
        if isinstance(groups, dict):
            plain = {g: {"yes": s} if isinstance(s, int | float) else s for g, s in groups.items()}
            data = {**data, "groups": plain}
        return data

    @model_validator(mode="after")
    def _check_sums(self) -> Preference:
        for where, shares in (("shares", self.shares), *self.groups.items()):
            if sum(shares.values()) > 1 + 1e-9:
                raise ValueError(f"{where} add up to {sum(shares.values()):g}, more than 1")
        return self


class Joint(_Strict):
    """How many members of a group give one of some options in at least so many rows."""

    rows: tuple[Code, ...] = ()
    options: tuple[Code, ...]
    at_least: int = Field(default=1, ge=1)
    group: GroupText = ""
    share: Share


class Linear(_Strict):
    """Mean ranks in equal steps."""

    first: float
    last: float


class Guess(_Strict):
    """What is assumed about one question.

    Attributes
    ----------
    shares, groups
        Of a single question.
    rows
        Of a matrix or multiple question.
    loadings
        What the answers of one person depend on; a row's own are added.
    joint
        What holds across rows.
    order
        A ranking's rows in preferred order, as far as the evidence leaves them open; one for
        everybody (key ``all``) or one for each group.
    means
        The mean rank at each place of a ranking.
    taste
        Rankings with the same word here share each person's tastes.
    answering
        What decides who answers, where the evidence counts fewer than were asked.
    """

    shares: Shares = Field(default_factory=dict)
    groups: dict[GroupText, Shares] = Field(default_factory=dict)
    rows: dict[Code, Preference] = Field(default_factory=dict)
    loadings: Loadings = Field(default_factory=dict)
    joint: tuple[Joint, ...] = ()
    order: dict[str, tuple[Code, ...]] = Field(default_factory=dict)
    means: tuple[float, ...] | Linear = ()
    taste: str = ""
    answering: Loadings = Field(default_factory=dict)

    def preference(self, row: str) -> Preference:
        """Return what is preferred for a row, or for a single question (no row)."""
        if row:
            return self.rows.get(row, Preference())
        return Preference(shares=self.shares, groups=self.groups)

    def group_columns(self) -> set[str]:
        """Return the columns that any of the question's groups mentions."""
        texts = [*self.groups, *(g for p in self.rows.values() for g in p.groups)]
        texts += [g for g in self.order if g != "all"] + [j.group for j in self.joint]
        return {column for text in texts for column in parse_group(text)}

    def means_of(self, size: int) -> list[float]:
        """Return the mean rank at each of `size` places."""
        if isinstance(self.means, Linear):
            step = (self.means.last - self.means.first) / (size - 1)
            return [self.means.first + step * place for place in range(size)]
        return list(self.means)


class Assumptions(_Strict):
    """An author's file of assumptions.

    Attributes
    ----------
    seed
        Of all chance in the reconstruction.
    traits
        What a person brings to several answers; each is normally distributed.
    together
        Pairs of questions of which everybody who is asked either answers at least one.
    """

    seed: int
    traits: tuple[Code, ...] = ()
    together: tuple[tuple[Code, Code], ...] = ()
    questions: dict[Code, Guess] = Field(default_factory=dict)

    def about(self, question: str) -> Guess:
        """Return what is assumed about a question."""
        return self.questions.get(question, Guess())


def read_assumptions(path: Path, name: str, instrument: Instrument) -> Assumptions:
    """Return an author's assumptions.

    Raises
    ------
    WavebookError
        With every problem in the file, a line each.
    """
    try:
        read = Assumptions.model_validate(read_yaml(path, name))
    except ValidationError as error:
        raise WavebookError.of(validation_problems(error, name, Assumptions)) from None
    problems: list[Problem] = []
    for code, guess in read.questions.items():
        question = instrument.questions.get(code)
        if question is None:
            message = f"no question '{code}'{nearest(code, instrument.questions)}"
            problems.append(Problem(name, message, column=f"questions.{code}"))
            continue
        found = _guess_problems(guess, question, instrument)
        found += _loading_problems(code, guess, read, instrument)
        problems += [Problem(name, m, column=f"questions.{code}.{where}") for where, m in found]
    problems += [
        Problem(
            name, f"no question '{code}'{nearest(code, instrument.questions)}", column="together"
        )
        for pair in read.together
        for code in pair
        if code not in instrument.questions
    ]
    if problems:
        raise WavebookError.of(problems)
    return read


def _guess_problems(
    guess: Guess, question: Question, instrument: Instrument
) -> list[tuple[str, str]]:
    found = [
        (f"rows.{row}", f"'{row}' is not a row {listing(question.rows)}")
        for row in guess.rows
        if row not in question.rows
    ]
    for row in ("", *guess.rows):
        preference = guess.preference(row)
        for shares in (preference.shares, *preference.groups.values()):
            found += [
                (f"rows.{row}" if row else "shares", f"'{o}' is not {listing(question.answers)}")
                for o in shares
                if o not in question.answers
            ]
    groups = [*guess.groups, *(g for p in guess.rows.values() for g in p.groups)]
    groups += [g for g in guess.order if g != "all"] + [joint.group for joint in guess.joint]
    for text in dict.fromkeys(groups):
        try:
            conditions = parse_group(text)
        except WavebookError as error:
            found.append(("order", str(error)))
            continue
        for column, answer in conditions.items():
            messages = instrument.expression_problems(f"{column} == {answer!r}")
            found += [("groups", message) for message in messages]
    for rows in guess.order.values():
        found += [
            ("order", f"'{row}' is not a row{nearest(row, question.rows)}")
            for row in rows
            if row not in question.rows
        ]
    size = len(question.rows)
    means = guess.means_of(size)
    if means and len(means) != size:
        found.append(("means", f"{len(means)} mean ranks for {size} rows"))
    elif means and abs(sum(means) - size * (size + 1) / 2) > 0.01:
        right = size * (size + 1) / 2
        found.append(
            ("means", f"mean ranks of {size} rows add up to {right:g}, not {sum(means):g}")
        )
    return found


def _loading_problems(
    code: str, guess: Guess, read: Assumptions, instrument: Instrument
) -> list[tuple[str, str]]:
    """Return the loadings on what is neither a trait nor asked earlier in the same part."""
    part = instrument.questions[code].part
    earlier: set[str] = set()
    for name, question in instrument.of_part(part):
        if name == code:
            break
        earlier |= {name, *question.columns(name)}
    found = []
    for where, loadings in (
        ("loadings", guess.loadings),
        ("answering", guess.answering),
        *((f"rows.{row}.loadings", p.loadings) for row, p in guess.rows.items()),
    ):
        for name in loadings:
            row = where.split(".")[1] if where.startswith("rows.") else ""
            rows = [row] if row else list(instrument.questions[code].rows)
            single = name in earlier and name in instrument.columns
            matrix = any(f"{name}__{r}" in earlier for r in rows)
            if name not in read.traits and not single and not matrix:
                known = {*read.traits, *earlier}
                message = f"'{name}' is neither a trait nor asked earlier{nearest(name, known)}"
                found.append((where, message))
    return found
