"""A drafted mapping: what each line of it says, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wavebook.drafting.columns import Column
from wavebook.drafting.matching import Match
from wavebook.drafting.places import Form, Place, read, separator_of
from wavebook.drafting.values import Meaning, Sure
from wavebook.instrument import Question


@dataclass(frozen=True)
class Line:
    """A key of the mapping with what is drafted for it; None for a gap.

    Attributes
    ----------
    note
        What stands behind it in the file: the source's own words, or why it is so.
    is_yaml
        Whether the value is YAML, such as a list, rather than text.
    """

    key: str
    value: str | None
    sure: Sure
    note: str
    candidates: tuple[str, ...] = ()
    is_yaml: bool = False


@dataclass(frozen=True)
class DraftedQuestion:
    """What is drafted for a question.

    Attributes
    ----------
    columns
        A line a row, a place, or the one column.
    codes
        What the values of all columns are; `own` those of columns that differ.
    more
        Other keys of the question, such as ``separator``.
    """

    name: str
    label: str
    form: Form
    columns: tuple[Line, ...]
    codes: tuple[Line, ...]
    own: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    more: tuple[Line, ...] = ()

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield every line with its path below the question."""
        key = "columns" if self.form == "columns" else "places"
        for line in self.columns:
            is_one = self.form in ("column", "joined")
            yield ("column" if is_one else f"{key}.{line.key}"), line
        yield from ((f"codes.{line.key}", line) for line in self.codes)
        for row, lines in self.own.items():
            yield from ((f"columns.{row}.codes.{line.key}", line) for line in lines)
        yield from ((line.key, line) for line in self.more)


@dataclass(frozen=True)
class DraftedPart:
    """What is drafted for a part.

    Attributes
    ----------
    source, only, roles
        Which file it is read from, which rows are its own, who and how sampled they are.
    not_found
        Questions of the part for which there is no column, each with its label.
    """

    label: str
    source: tuple[Line, ...]
    only: tuple[Line, ...]
    roles: tuple[Line, ...]
    questions: tuple[DraftedQuestion, ...]
    not_found: Mapping[str, str]

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield every line with its path below the part."""
        yield from ((f"only.{line.key}", line) for line in self.only)
        yield from ((line.key, line) for line in self.roles)
        for question in self.questions:
            for path, line in question.lines():
                yield f"questions.{question.name}.{path}", line


@dataclass(frozen=True)
class Draft:
    """A whole mapping as drafted.

    Attributes
    ----------
    sources
        The files it was drafted from, as the user would name them.
    ignored, left
        Columns of the platform's own, and those that nobody knows what to do with.
    notes
        What was found out in reading the files, a sentence each.
    """

    survey: str
    sources: tuple[str, ...]
    wave: tuple[Line, ...]
    parts: Mapping[str, DraftedPart]
    ignored: tuple[Line, ...]
    left: tuple[Line, ...]
    notes: tuple[str, ...]

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Yield every line of the mapping that somebody may have to look at, with its path."""
        yield from ((f"wave.{line.key}", line) for line in self.wave)
        for name, part in self.parts.items():
            yield from ((f"parts.{name}.{path}", line) for path, line in part.lines())


def draft_question(name: str, question: Question, matches: Sequence[Match]) -> DraftedQuestion:
    """Return what is drafted for a question whose columns have been matched."""
    form = matches[0].place.form
    columns = tuple(_column(match) for match in matches)
    meant = _meant(matches)
    tables = {key: read(column, place, question) for key, (column, place) in meant.items()}
    shared, own = _shared(tables)
    if form in ("joined", "places"):
        shared = {**shared, **_unseen(shared, question)}
    return DraftedQuestion(
        name,
        question.label,
        form,
        columns,
        _codes(shared, question, form),
        {key: _codes(table, question, form) for key, table in own.items()},
        tuple(_more(form, question, [column for column, _ in meant.values()], tables)),
    )


def _meant(matches: Sequence[Match]) -> dict[str, tuple[Column, Place]]:
    """Return the columns whose values are to be read, each with its place, by the place's key.

    Where no column is sure, a gap is most likely filled by its first candidate, whose codes will be
    needed then. Beside columns that are, a candidate may be another question's.
    """
    sure = {m.place.key: (m.column, m.place) for m in matches if m.column is not None}
    return sure or {m.place.key: (m.candidates[0], m.place) for m in matches if m.candidates}


def _column(match: Match) -> Line:
    place, names = match.place, tuple(column.name for column in match.candidates)
    if match.column is None:
        return Line(place.key, None, "gap", match.reason, names)
    beside = f", or {' or '.join(names)}?" if names and match.sure == "guess" else ""
    text = "" if match.column.text == match.column.name else f": {match.column.text}"
    note = f"{match.sure} ({match.reason}){beside}{text}"
    return Line(place.key, match.column.name, match.sure, note, names)


Table = Mapping[str, Meaning]


def _shared(tables: Mapping[str, Table]) -> tuple[Table, dict[str, Table]]:
    """Return the codes of a question's columns, and those of columns that contradict them."""
    shared: dict[str, Meaning] = {}
    own: dict[str, Table] = {}
    for key, table in tables.items():
        known = [one for value, one in table.items() if value in shared]
        if any(one.answer != shared[one.value].answer for one in known):
            own[key] = table
            continue
        for value, one in table.items():
            before = shared.get(value)
            if before is None or before.rows == 0:
                shared[value] = one
    return shared, own


def _unseen(table: Table, question: Question) -> Table:
    """Return the rows that nobody chose: who could have is the author's to say."""
    seen = {one.answer for one in table.values()}
    note = "stands nowhere; take it out if it was not offered"
    return {
        item.label: Meaning(item.label, item.label, row, "guess", note)
        for row, item in question.rows.items()
        if row not in seen
    }


def _codes(table: Table, question: Question, form: Form) -> tuple[Line, ...]:
    """Return a line for each value, or none where the cells hold our own codes."""
    is_own = all(one.value == one.answer for one in table.values())
    is_ranks = question.type == "ranking" and form == "columns"
    lines = []
    order = [*question.answers, *question.rows]
    for one in sorted(table.values(), key=lambda one: _place_in(order, one)):
        if is_own or (is_ranks and one.value == one.answer):
            continue
        if one.answer is None and not one.rows and form != "joined":
            lines.append(Line(one.value, "", "certain", f'"{one.text}" stands nowhere'))
            continue
        said = "" if one.text == one.value else f'"{one.text}"'
        told = {"certain": "", "gap": one.reason}.get(one.sure, f"{one.sure} ({one.reason})")
        note = " ".join(text for text in (told, said) if text)
        lines.append(Line(one.value, one.answer, one.sure, note, one.candidates))
    return tuple(lines)


def _place_in(order: Sequence[str], one: Meaning) -> tuple[bool, int, str]:
    """Return where a value stands in a table: answers first, in the instrument's order."""
    place = order.index(one.answer) if one.answer in order else len(order)
    return (one.answer is None, place, one.value)


def _more(
    form: Form, question: Question, columns: Sequence[Column], tables: Mapping[str, Table]
) -> Iterator[Line]:
    if form == "joined":
        between = separator_of(columns[0], question)
        yield Line("separator", between, "likely", "likely (it stands between known choices)")
    if question.type != "multiple" or not columns:
        return
    has_empty = any(column.filled < column.rows for column in columns)
    # Two different answers, in whatever language: one of them says no, and an empty cell nothing.
    says_no = any(
        sum(one.answer in ("yes", "no", None) for one in table.values()) > 1
        or any(one.answer == "no" for one in table.values())
        for table in tables.values()
    )
    if has_empty and not says_no:
        base = question.base and f", of those in the base: {question.base}"
        note = f"guess (an empty cell is a choice not ticked{base}); see asked for other ways"
        yield Line("empty", "no", "guess", note)
