"""The mapping of an earlier wave: what an agency delivers is much the same from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wavebook.drafting.columns import Column
from wavebook.drafting.draft import DraftedQuestion, Line, draft_question
from wavebook.drafting.matching import Match, Matching
from wavebook.drafting.places import Form, Place
from wavebook.drafting.values import Sure
from wavebook.drafting.yaml_text import flow
from wavebook.importing.codes import Codebook, loosely
from wavebook.importing.mapping import MappedQuestion, MappingFile
from wavebook.instrument import Question


@dataclass(frozen=True)
class Earlier:
    """A mapping file that another wave was added with, and its name."""

    mapping: MappingFile
    name: str

    def questions(
        self,
        asked: Mapping[str, Mapping[str, Question]],
        columns: Sequence[Column],
        found: Matching,
    ) -> dict[str, DraftedQuestion]:
        """Return the questions whose columns are there again, drafted as they were mapped.

        A column whose text now is another question's, or another row's of the same question, is
        not taken: numbers of questions and rows move. Such a question is drafted as a new one.
        """
        by_name = {column.name: column for column in columns}
        taken: dict[str, DraftedQuestion] = {}
        for part, questions in asked.items():
            mapped = self.mapping.parts[part].questions if part in self.mapping.parts else {}
            for name, before in mapped.items():
                if name not in questions:
                    continue
                names = [column for _, column in before.columns_read()]
                are_there = all(column in by_name for column in names)
                is_same = not (_moved(name, names, found) or _swapped(before, name, found))
                if are_there and is_same:
                    taken[name] = self._again(name, questions[name], before, by_name, found)
        return taken

    def _again(
        self,
        name: str,
        question: Question,
        before: MappedQuestion,
        columns: Mapping[str, Column],
        found: Matching,
    ) -> DraftedQuestion:
        reason = f"as in {self.name}"
        sent = {m.place.key: m for m in found.matches.get(name, ()) if m.column}
        matches = []
        for key, column in _keys(before):
            now = sent.get(key)
            is_same = now is not None and now.column is not None and now.column.name == column
            sure: Sure = "certain" if is_same and now and now.sure == "certain" else "likely"
            place = now.place if now else Place(name, _form(before), key, name, ())
            told = f"{reason}, {now.reason}" if is_same and now else reason
            matches.append(Match(place, columns[column], sure, told))
        drafted = draft_question(name, question, matches)
        return DraftedQuestion(
            name,
            question.label,
            drafted.form,
            drafted.columns,
            tuple(self._codes(drafted.codes, before)),
            {row: tuple(self._codes(lines, before, row)) for row, lines in drafted.own.items()},
            tuple(_more(before, drafted, reason)),
        )

    def _codes(
        self, lines: Sequence[Line], before: MappedQuestion, row: str | None = None
    ) -> list[Line]:
        """Return the codes as they were, but for those whose labels now say something else."""
        own = before.columns[row].codes if row in before.columns else {}
        codes = own or before.codes
        book = Codebook(codes)
        kept = []
        for line in lines:
            answer, how = book.answer(line.key)
            if how == "unknown" or line.value == "":
                kept.append(line)
            elif line.value not in (None, answer) and line.sure == "certain":
                note = f"{line.note}; {answer} in {self.name}"
                kept.append(Line(line.key, None, "gap", note, (str(line.value), str(answer))))
            else:
                said = line.note[line.note.find('"') :] if '"' in line.note else ""
                kept.append(Line(line.key, answer, "certain", said))
        now = {loosely(line.key) for line in lines}
        gone = [(code, answer) for code, answer in codes.items() if loosely(code) not in now]
        return kept + [Line(code, answer, "certain", "") for code, answer in gone]

    def roles(
        self, parts: set[str], columns: Sequence[Column]
    ) -> dict[str, tuple[Column, Sure, str]]:
        """Return the columns for ids and the sample's design that are there again."""
        by_name = {column.name: column for column in columns}
        told: dict[str, tuple[Column, Sure, str]] = {}
        for name, part in self.mapping.parts.items():
            if name in parts:
                before = {"respondent": part.respondent or "", **part.design}
                told |= {
                    key: (by_name[column], "likely", f"as in {self.name}")
                    for key, column in before.items()
                    if column in by_name
                }
        return told

    def only(self, parts: set[str], columns: Sequence[Column]) -> dict[str, list[Line]]:
        """Return which rows were a part's own, where the columns that told are there again."""
        names = {column.name for column in columns}
        return {
            name: [
                Line(c, flow(values), "likely", f"likely (as in {self.name})", is_yaml=True)
                for c, values in part.only.items()
            ]
            for name, part in self.mapping.parts.items()
            if name in parts and part.only and names >= set(part.only)
        }

    def part_lines(self, part: str) -> list[Line]:
        """Return what else was said of a part: of its decimals, missing codes and weighting."""
        if part not in self.mapping.parts:
            return []
        keys = {"decimal", "missing", "lonely", "margins", "trim"}
        told = self.mapping.parts[part].model_dump(
            include=keys, exclude_defaults=True, exclude_none=True
        )
        note = f"likely (as in {self.name})"
        return [Line(key, flow(told[key]), "likely", note, is_yaml=True) for key in told]

    def ignores(self, column: str) -> bool:
        """Whether a column was not needed."""
        return self.mapping.ignores(column)

    @property
    def fielded_by(self) -> str:
        """Who did the fieldwork."""
        return self.mapping.wave.fielded_by if self.mapping.wave else ""

    def title(self, year: int | None) -> str | None:
        """Return the earlier wave's title with the new year; None where it has no year."""
        wave = self.mapping.wave
        if wave is None or year is None or str(wave.year) not in wave.title:
            return None
        return wave.title.replace(str(wave.year), str(year))


def _keys(before: MappedQuestion) -> list[tuple[str, str]]:
    """Return each column with the key that a draft has for its place."""
    if before.column:
        return [("", before.column)]
    if before.places:
        return [(str(number), column) for number, column in enumerate(before.places, start=1)]
    return [(row, told.column) for row, told in before.columns.items()]


def _form(before: MappedQuestion) -> Form:
    if before.column:
        return "joined" if before.separator else "column"
    return "places" if before.places else "columns"


def _moved(name: str, columns: Sequence[str], found: Matching) -> bool:
    """Whether the new export's own words send one of the columns to another question."""
    return any(
        match.column is not None and match.column.name in columns and match.sure == "certain"
        for other, matches in found.matches.items()
        if other != name
        for match in matches
    )


def _swapped(before: MappedQuestion, name: str, found: Matching) -> bool:
    """Whether the new export's own words send one of the columns to another row."""
    rows = {column: key for key, column in _keys(before)}
    return any(
        match.column is not None
        and match.sure == "certain"
        and rows.get(match.column.name, match.place.key) != match.place.key
        for match in found.matches.get(name, ())
    )


def _more(before: MappedQuestion, drafted: DraftedQuestion, reason: str) -> list[Line]:
    """Return the question's other keys as they were."""
    told = before.model_dump(
        include={"separator", "otherwise", "empty", "asked"},
        exclude_defaults=True,
        exclude_none=True,
        by_alias=True,
    )
    if asked := told.get("asked"):
        told["asked"] = asked.get("who", asked)
    note = f"likely ({reason})"
    lines = [Line(key, flow(value), "likely", note, is_yaml=True) for key, value in told.items()]
    return lines or list(drafted.more)
