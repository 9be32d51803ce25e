"""A draft from exports: which parts each holds, and what its columns are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wavebook.drafting import roles
from wavebook.drafting.columns import Column, columns_of
from wavebook.drafting.draft import Draft, DraftedPart, DraftedQuestion, Line, draft_question
from wavebook.drafting.earlier import Earlier
from wavebook.drafting.finished import undecided
from wavebook.drafting.matching import Matching, match_columns
from wavebook.drafting.parts import asked_of, parts_held
from wavebook.drafting.values import Sure
from wavebook.drafting.yaml_text import flow
from wavebook.errors import WavebookError, listing, nearest
from wavebook.importing.export import Export
from wavebook.importing.mapping import GAP, SourceFile
from wavebook.importing.readers import read_export
from wavebook.instrument import Instrument, Question
from wavebook.notices import SIMULATED
from wavebook.project import Project


@dataclass(frozen=True)
class Source:
    """A file to draft from, and how to read it."""

    path: Path
    how: SourceFile = field(default_factory=SourceFile)


def draft_mapping(
    project: Project, sources: Sequence[Source], wave: str | None = None,
    parts: Sequence[str] = (), earlier: Earlier | None = None,
) -> Draft:  # fmt: skip
    """Return a draft of the mapping that reads some exports.

    Parameters
    ----------
    wave
        The new wave's id; a year in it tells which rows there were to ask about.
    parts
        The parts that the exports hold; found out by default.
    earlier
        The mapping of an earlier wave, where there is one.

    Raises
    ------
    WavebookError
        If an export can't be read, or nothing in it resembles a question.
    """
    instrument = project.instrument
    for part in parts:
        if part not in instrument.parts:
            known = listing(instrument.parts)
            raise WavebookError(f"'{part}' is not a part {known}{nearest(part, instrument.parts)}")
    year = _year(wave)
    exports = [_read(project, source) for source in sources]
    columns = [columns_of(export) for export in exports]
    held = parts_held(exports, columns, instrument, parts, year)
    drafted: dict[str, DraftedPart] = {}
    left: dict[str, str] = {}
    ignored: dict[str, str] = {}
    for at, source in enumerate(sources):
        mine = {
            part: asked_of(instrument, part, year) for part, number in held.items() if number == at
        }
        work = _Export(source, columns[at], instrument, mine, year, earlier)
        drafted |= work.parts()
        ignored |= work.ignored()
        left |= work.left(ignored)
    every = [column for told in columns for column in told]
    return Draft(
        instrument.title,
        tuple(project.relative(source.path) for source in sources),
        (*_wave(wave, year, instrument, every, earlier), *_status(exports)),
        {part: drafted[part] for part in instrument.parts if part in drafted},
        tuple(Line(name, name, "certain", note) for name, note in ignored.items()),
        tuple(Line(name, name, "certain", note) for name, note in left.items()),
        tuple(f"{export.name}: {note}" for export in exports for note in export.notes),
    )


def _read(project: Project, source: Source) -> Export:
    how = source.how
    return read_export(
        source.path,
        name=project.relative(source.path),
        sheet=how.sheet,
        structure=source.path.parent / how.structure if how.structure else None,
        encoding=how.encoding,
        separator=how.separator,
    )


def _year(wave: str | None) -> int | None:
    found = re.search(r"(?:19|20|21)\d{2}", wave or "")
    return int(found[0]) if found else None


class _Export:
    """What is drafted from one export."""

    def __init__(
        self,
        source: Source,
        columns: Sequence[Column],
        instrument: Instrument,
        questions: Mapping[str, Mapping[str, Question]],
        year: int | None,
        earlier: Earlier | None,
    ) -> None:
        self.source, self.columns, self.instrument = source, columns, instrument
        self.questions, self.earlier = questions, earlier
        every = {name: q for told in questions.values() for name, q in told.items()}
        found = match_columns(columns, every, year)
        self.known: dict[str, DraftedQuestion] = {}
        if earlier:
            self.known = earlier.questions(questions, columns, found)
            taken = {line.value for q in self.known.values() for line in q.columns}
            rest = [column for column in columns if column.name not in taken]
            every = {name: q for name, q in every.items() if name not in self.known}
            found = match_columns(rest, every, year)
        self.found: Matching = found
        self.read: set[str] = {str(line.value) for q in self.known.values() for line in q.columns}
        self.read |= {
            match.column.name for told in found.matches.values() for match in told if match.column
        }

        free = [column for column in columns if column.name not in self.read]
        self.only = self._only(free)
        self.who = tuple(self._roles(free))
        self.finished = self._finished()

    def parts(self) -> dict[str, DraftedPart]:
        """Return what is drafted for each part."""
        return {
            part: DraftedPart(
                self.instrument.parts[part].label,
                tuple(self._source()),
                (*self.only.get(part, ()), *self.finished),
                (*self.who, *(self.earlier.part_lines(part) if self.earlier else ())),
                tuple(self._questions(questions)),
                {n: q.label for n, q in questions.items() if not self._has(n)},
            )
            for part, questions in self.questions.items()
        }

    def ignored(self) -> dict[str, str]:
        """Return the columns of the platform's own, and those that were ignored before."""
        free = [column for column in self.columns if column.name not in self.read]
        before = self.earlier.ignores if self.earlier else lambda name: False
        told = {c.name: "of the platform" for c in free if roles.of_platform(c)}
        return {c.name: "as before" for c in free if before(c.name)} | told

    def left(self, ignored: Mapping[str, str]) -> dict[str, str]:
        """Return the columns that nobody knows what to do with, with their texts."""
        candidates = {
            column.name
            for told in self.found.matches.values()
            for match in told
            if match.column is None
            for column in match.candidates
        }
        return {
            column.name: "" if column.text == column.name else column.text
            for column in self.columns
            if column.name not in self.read
            and column.name not in ignored
            # What a gap asks about is told there.
            and column.name not in candidates
        }

    def _has(self, name: str) -> bool:
        return name in self.known or bool(self.found.matches.get(name))

    def _questions(self, questions: Mapping[str, Question]) -> Iterator[DraftedQuestion]:
        for name, question in questions.items():
            if name in self.known:
                yield self.known[name]
            elif self.found.matches.get(name):
                yield draft_question(name, question, self.found.matches[name])

    def _source(self) -> Iterator[Line]:
        yield Line("file", self.source.path.name, "certain", "")
        for key, value in self.source.how.model_dump(exclude={"file"}, exclude_none=True).items():
            yield Line(key, str(value), "certain", "")

    def _only(self, free: Sequence[Column]) -> dict[str, list[Line]]:
        """Return the rows of each part, where a column tells them."""
        before = self.earlier.only(set(self.questions), free) if self.earlier else {}
        if before or len(self.questions) < 2:
            self.read |= {line.key for lines in before.values() for line in lines}
            return before
        found = roles.part_column(free, {p: self.instrument.parts[p] for p in self.questions})
        if found is None:
            note = "which column, and which of its values, tells the part's rows?"
            gap = Line(GAP, None, "gap", note)
            return {part: [gap] for part in self.questions}
        column, values = found
        self.read.add(column.name)
        return {
            part: [
                Line(
                    column.name,
                    flow(values[part]),
                    "likely",
                    "likely (its values are the parts)",
                    is_yaml=True,
                )
            ]
            for part in values
        }

    def _finished(self) -> tuple[Line, ...]:
        """Return which interviews count, where a column that is not read otherwise tells."""
        free = [column for column in self.columns if column.name not in self.read]
        lines = tuple(undecided(free))
        self.read |= {line.key for line in lines}
        return lines

    def _roles(self, free: Sequence[Column]) -> Iterator[Line]:
        """Yield who the respondents are and how they were sampled."""
        told: dict[str, tuple[Column, Sure, str]] = {}
        if self.earlier:
            told |= self.earlier.roles(set(self.questions), free)
        if "respondent" not in told and (who := roles.respondent(free)):
            told["respondent"] = who
        for key, column, sure, reason in roles.design(free):
            told.setdefault(key, (column, sure, reason))
        for key in ("respondent", "weight", "strata", "cluster", "fpc"):
            if key in told:
                column, sure, reason = told[key]
                self.read.add(column.name)
                yield Line(key, column.name, sure, f"{sure} ({reason})")


def _status(exports: Sequence[Export]) -> Iterator[Line]:
    """Yield that answers are nobody's, where a file says so: pages must say it then as well."""
    if any(export.title == SIMULATED for export in exports):
        yield Line("status", "simulated", "certain", "the file says so: leave it in")


def _wave(
    wave: str | None,
    year: int | None,
    instrument: Instrument,
    columns: Sequence[Column],
    earlier: Earlier | None,
) -> Iterator[Line]:
    if wave:
        yield Line("id", wave, "certain", "")
    if earlier and (title := earlier.title(year)):
        yield Line("title", title, "likely", "likely (after the earlier wave's)")
    else:
        title = f"{instrument.title}, {year}" if year else None
        note = "guess (the survey's title and the year)" if title else "as pages are to show it"
        yield Line("title", title, "guess" if title else "gap", note)
    note = "likely (as in the wave's id)" if year else "of the fieldwork"
    yield Line("year", str(year) if year else None, "likely" if year else "gap", note)
    if earlier and earlier.fielded_by:
        yield Line("fielded_by", earlier.fielded_by, "guess", "guess (as in the earlier wave)")
    found = roles.dates(columns)
    for key, at in (("start", 0), ("end", 1)):
        if found:
            note = f"likely ({('first', 'last')[at]} in {found[2]})"
            yield Line(f"fieldwork.{key}", found[at], "likely", note)
        else:
            yield Line(f"fieldwork.{key}", None, "gap", "such as 2031-03 or 2031-03-15")
