"""The questionnaire, once, for every wave: questions, rows, options, who was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache, partial
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from wavebook import expression
from wavebook.errors import Problem, WavebookError, listing, nearest
from wavebook.impossible import Impossible
from wavebook.lifetime import Lifetime, Strict
from wavebook.reads import Noted, unnoted
from wavebook.validation import validation_problems
from wavebook.yaml_file import parsed, text_of

CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _is_code(value: str) -> str:
    if not CODE.fullmatch(value):
        raise ValueError("a code is lower-case ASCII words joined by single underscores")
    return value


Code = Annotated[str, AfterValidator(_is_code)]
QuestionType = Literal["single", "multiple", "matrix", "ranking", "derived"]


class Item(Lifetime):
    """A row or an option: its label, a short one for charts, and when it existed.

    A plain string in the file is the label alone. `named` is false for a row that is known to exist
    but whose wording was never published.
    """

    named: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_label(cls, data: Any) -> Any:
        return {"label": data} if isinstance(data, str) else data


class Net(Strict):
    """Several options counted as one, such as the top two of a scale."""

    label: str
    short: str = ""
    options: tuple[Code, ...]

    @property
    def chart_label(self) -> str:
        """The label that fits beside a bar."""
        return self.short or self.label


class Part(Strict):
    """A mode of fieldwork with its own sample."""

    label: str
    short: str = ""


class Question(Lifetime):
    """One question: what is asked, of whom, and what can be answered.

    `base` is an expression over a respondent's other answers (see `wavebook.expression`); in a
    matrix it may hold ``{row}``. `missing` are codes that leave a respondent out of the base,
    such as ``refused``; `count` are codes that are no options and yet count in it, such as
    ``dont_know``. A *derived* question is not asked: it says whether at least `at_least` of
    another question's `rows` were answered with one of `from_options`.
    """

    type: QuestionType
    part: Code
    text: str = ""
    rows: dict[Code, Item] = Field(default_factory=dict)
    options: dict[Code, Item] = Field(default_factory=dict)
    nets: dict[Code, Net] = Field(default_factory=dict)
    missing: dict[Code, Item] = Field(default_factory=dict)
    count: dict[Code, Item] = Field(default_factory=dict)
    base: str = ""
    base_label: str = ""
    source: Code | None = Field(default=None, alias="from")
    from_rows: tuple[Code, ...] = ()
    from_options: tuple[Code, ...] = ()
    at_least: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _check_shape(self) -> Self:
        needs_rows = self.type in ("matrix", "ranking", "multiple")
        if needs_rows and not self.rows:
            raise ValueError(f"a {self.type} question needs rows")
        if not needs_rows and self.rows:
            raise ValueError(f"a {self.type} question has no rows")
        if self.type in ("single", "matrix") and len(self.options) < 2:
            raise ValueError(f"a {self.type} question needs two or more options")
        if self.type in ("multiple", "ranking", "derived") and self.options:
            raise ValueError(f"a {self.type} question has no options of its own")
        if (self.type == "derived") != (self.source is not None):
            raise ValueError("a derived question, and no other, says 'from' which it is derived")
        if self.type in ("ranking", "derived") and (self.missing or self.count):
            raise ValueError(f"a {self.type} question has no codes besides its own")
        return self

    @model_validator(mode="after")
    def _check_codes(self) -> Self:
        seen = set(self.options or self.choices)
        for kind in ("missing", "count"):
            for code in getattr(self, kind):
                if code in seen:
                    raise ValueError(f"{kind}.{code}: an answer has that code already")
                seen.add(code)
        for kind, items in (("rows", self.rows), ("options", self.options)):
            for (code, one), (other, item) in combinations(items.items(), 2):
                if one.label == item.label and one.was_with(item):
                    raise ValueError(
                        f"{kind}.{other}: '{item.label}' is what {code} is called already"
                    )
        for code, net in self.nets.items():
            if code in seen:
                raise ValueError(f"nets.{code}: an option has that code already")
            for option in net.options:
                if option not in self.options:
                    raise ValueError(
                        f"nets.{code}: '{option}' is not an option {listing(self.options)}"
                        f"{nearest(option, self.options)}"
                    )
        return self

    def columns(self, name: str) -> dict[str, str]:
        """Return the question's data columns as ``{column: row}``; a single one's row is ''."""
        if self.type in ("single", "derived"):
            return {name: ""}
        return {f"{name}__{row}": row for row in self.rows}

    @property
    def answers(self) -> tuple[str, ...]:
        """What a cell of the data may hold, besides being empty."""
        return (*self.choices, *self.count, *self.missing)

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers proper: options, yes and no, or ranks."""
        if self.type in ("multiple", "derived"):
            return ("yes", "no")
        if self.type == "ranking":
            return tuple(str(rank) for rank in range(1, len(self.rows) + 1))
        return tuple(self.options)

    def label_of(self, option: str, year: int | None = None) -> str:
        """Return the label of an option or net; of an option, as it was in a year."""
        item = self.options.get(option) or self.count.get(option)
        if item:
            return item.label if year is None else item.label_in(year)
        if option in self.nets:
            return self.nets[option].label
        return {"yes": "Yes", "no": "No"}.get(option, option)


class Instrument(Strict):
    """All questions of a survey, in order, the parts that ask them, and what cannot be answered."""

    title: str
    parts: Annotated[dict[Code, Part], AfterValidator(partial(Noted, "part"))]
    questions: Annotated[dict[Code, Question], AfterValidator(partial(Noted, "question"))]
    impossible: tuple[Impossible, ...] = ()

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, str]]:
        """Every column that data may have, as ``{column: (question, row)}``."""
        with unnoted():
            columns = {
                column: (name, row)
                for name, question in self.questions.items()
                for column, row in question.columns(name).items()
            }
        return Noted("code", columns)

    def of_part(self, part: str) -> Iterator[tuple[str, Question]]:
        """Yield the questions that a part asks."""
        return ((n, q) for n, q in self.questions.items() if q.part == part)

    def question(self, name: str) -> Question:
        """Return a question by its code.

        Raises
        ------
        WavebookError
            If there is no such question.
        """
        try:
            return self.questions[name]
        except KeyError:
            raise WavebookError(
                f"data/instrument.yml: no question '{name}'{nearest(name, self.questions)}"
            ) from None

    def named_in(self, year: int) -> Instrument:
        """Return the instrument with the names that everything had in a year."""

        def named(one: Lifetime) -> dict[str, Any]:
            former = one.former and {"label": one.label_in(year), "short": one.chart_label_in(year)}
            return former or {}

        def items(of: dict[str, Item]) -> dict[str, Item]:
            return {code: item.model_copy(update=named(item)) for code, item in of.items()}

        with unnoted():
            questions = {
                code: question.model_copy(
                    update={
                        **named(question),
                        "rows": items(question.rows),
                        "options": items(question.options),
                    }
                )
                for code, question in self.questions.items()
            }
            return self.model_copy(update={"questions": Noted("question", questions)})

    def in_words(self, condition: str | None) -> str:
        """Return a condition with the labels of its questions and answers; nothing for none."""
        if not condition:
            return ""

        def column(name: str) -> str:
            code, row = self.columns[name]
            question = self.questions[code]
            return f"{question.label}, {question.rows[row].label}" if row else question.label

        def answer(name: str, code: str) -> str:
            return self.questions[self.columns[name][0]].label_of(code)

        return expression.parse(condition).in_words(column, answer)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what no single question can see, as (path, message)."""
        for name, question in self.questions.items():
            path = f"questions.{name}"
            if question.part not in self.parts:
                yield f"{path}.part", f"'{question.part}' is not a part {listing(self.parts)}"
            if question.type == "derived":
                yield from self._derived_problems(path, question)
            for row in question.rows or ("",):
                for message in self.expression_problems(question.base.replace("{row}", row)):
                    yield f"{path}.base", message
        for number, rule in enumerate(self.impossible):
            for message in self._impossible_problems(rule):
                yield f"impossible.{number}.where", message

    def _impossible_problems(self, rule: Impossible) -> Iterator[str]:
        conditions = list(rule.conditions(self.columns))
        if not conditions:
            yield f"'{rule.where}': its questions have no row in common"
        for condition in conditions:
            problems = list(self.expression_problems(condition))
            yield from problems
            if problems:
                continue
            mentioned = expression.parse(condition).columns
            parts = {self.questions[self.columns[column][0]].part for column in mentioned}
            if len(parts) > 1:
                told = " and ".join(sorted(parts))
                yield f"'{condition}' is about the parts {told}; expected one"

    def _derived_problems(self, path: str, question: Question) -> Iterator[tuple[str, str]]:
        source = self.questions.get(question.source or "")
        if source is None or source.type not in ("matrix", "multiple"):
            yield f"{path}.from", f"'{question.source}' is not a matrix or multiple question"
            return
        for row in question.from_rows:
            if row not in source.rows:
                yield f"{path}.from_rows", f"'{row}' is not a row {listing(source.rows)}"
        for option in question.from_options:
            if option not in source.answers:
                yield f"{path}.from_options", f"'{option}' is not one of {listing(source.answers)}"

    def expression_problems(self, text: str) -> Iterator[str]:
        """Yield what is wrong with a base or slice expression: syntax, columns, options."""
        if not text:
            return
        try:
            parsed = expression.parse(text)
        except WavebookError as error:
            yield str(error)
            return
        for column, values in parsed.mentions:
            if column not in self.columns:
                question = self.questions.get(column)
                if question is not None:
                    rows = listing(question.columns(column))
                    yield f"{column} has a column for each of its rows; name one {rows}"
                else:
                    yield f"'{column}' is not a column{nearest(column, self.columns)}"
                continue
            question = self.questions[self.columns[column][0]]
            answers = question.answers
            if question.type == "ranking" and column in parsed.quoted:
                yield f"{column} holds ranks, which are numbers: leave out the quotes"
            for value in values:
                if value not in answers:
                    yield (
                        f"'{value}' is not an answer to {column} {listing(answers)}"
                        f"{nearest(value, answers)}"
                    )


def read_instrument(path: Path, name: str = "data/instrument.yml") -> Instrument:
    """Return the instrument in a file.

    Raises
    ------
    WavebookError
        With every problem in the file, a line each.
    """
    with unnoted():  # what is taken from the instrument counts, not that it is all read
        return _instrument(text_of(path, name), name)


@lru_cache(maxsize=2)  # nobody changes an instrument, so the same text needs no second reading
def _instrument(text: str, name: str) -> Instrument:
    data = parsed(text, name)
    data.pop("shared", None)  # a place for YAML anchors
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        raise WavebookError.of(validation_problems(error, name, Instrument)) from None
    problems = [Problem(name, message, column=where) for where, message in instrument.problems()]
    if problems:
        raise WavebookError.of(problems)
    return instrument
