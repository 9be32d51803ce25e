"""What a LimeSurvey questionnaire asks: its ``.lss`` file, as the columns of a response export."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from wavebook.errors import WavebookError
from wavebook.regular import check_regular

Answers = Mapping[str, str]  # code -> label
Record = Mapping[str, str]

TICK = {"Y": "Yes", "N": "No"}
# Types whose answers LimeSurvey itself knows; the rest have theirs in the file, or none.
FIXED: dict[str, Answers] = {
    "Y": TICK,
    "G": {"M": "Male", "F": "Female"},
    "C": {"Y": "Yes", "N": "No", "U": "Uncertain"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "M": TICK,
    "P": TICK,
}
GRIDS = (":", ";")  # a column for each row and each column of the question
WITH_ROWS = ("A", "B", "C", "E", "F", "H", "K", "M", "P", "Q")
OTHER = "-oth-"
# HTML as editors of questionnaires write it.
UNSEEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


@dataclass(frozen=True)
class Field:
    """A column of a response export.

    Attributes
    ----------
    name
        As in an export with question codes: ``Q2[SQ001]``.
    text
        The question, and in brackets what the column is about: the subquestion, the scale.
    answers
        Labels by code, in each language that has them.
    other_names
        What other exports call the column.
    """

    name: str
    text: str
    answers: Mapping[str, Answers] = field(default_factory=dict)
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Structure:
    """The columns that a survey's response export can have.

    Attributes
    ----------
    language
        The survey's own; its texts are in this one.
    has_names
        Whether its names are those of response exports, and other exports are brought to them.
    """

    name: str
    fields: tuple[Field, ...]
    language: str = ""
    has_names: bool = True


def read_lss(raw: bytes, name: str) -> Structure:
    """Return what a LimeSurvey structure file says.

    Raises
    ------
    WavebookError
        If it isn't XML, declares a document type (which could make it grow without end), or is
        another kind of file.
    """
    root = _parsed(raw, name)
    if root.tag != "document" or (root.findtext("LimeSurveyDocType") or "").strip() != "Survey":
        raise WavebookError(f"{name}: XML, but not the structure of a LimeSurvey survey (.lss)")
    survey = _Survey(root)
    fields = tuple(one for question in survey.questions for one in survey.fields(question))
    if not fields:
        raise WavebookError(f"{name}: the survey in it has no questions")
    return Structure(name, fields, survey.language)


def flat(text: str) -> str:
    """Return the words of a text without markup."""
    return " ".join(html.unescape(TAG.sub(" ", UNSEEN.sub(" ", text))).split())


def read_bytes(path: Path, name: str) -> bytes:
    """Return a structure file's bytes.

    Raises
    ------
    WavebookError
        If it can't be read.
    """
    check_regular(path, name)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise WavebookError(f"{name}: there is no such file") from None
    except IsADirectoryError:
        raise WavebookError(f"{name}: a folder, not a structure file") from None
    except PermissionError:
        raise WavebookError(f"{name}: no permission to read it") from None
    except (OSError, ValueError) as error:
        raise WavebookError(f"{name}: cannot be opened: {error}") from None


def _parsed(raw: bytes, name: str) -> ET.Element:
    def refuse(*_: object) -> None:
        raise WavebookError(f"{name}: declares a document type, which no LimeSurvey file does")

    # Entities are declared in a document type: without one, nothing can expand.
    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = refuse
    try:
        guard.Parse(raw, True)
        return ET.fromstring(raw)
    except (expat.ExpatError, ET.ParseError, ValueError, LookupError) as error:
        raise WavebookError(f"{name}: not an XML file as LimeSurvey writes it: {error}") from None


class _Survey:
    """The tables of a structure file, of any release: texts moved to tables of their own in 4."""

    def __init__(self, root: ET.Element) -> None:
        self.root = root
        languages = [one.text or "" for one in root.iterfind("languages/language")]
        base = [row.get("language", "") for row in self._rows("surveys")]
        self.language = next((one for one in (*base, *languages) if one), "")
        rows = [*self._rows("questions"), *self._rows("subquestions")]
        self.texts = self._texts(rows, "question_l10ns", "qid", "question")
        unique = {row.get("qid", ""): row for row in reversed(rows)}
        self.questions = _ordered(row for row in unique.values() if not _parent(row))
        self.rows_of: dict[str, list[Record]] = defaultdict(list)
        for row in _ordered(row for row in unique.values() if _parent(row)):
            self.rows_of[_parent(row)].append(row)
        self.answers = self._answers()

    def fields(self, question: Record) -> Iterator[Field]:
        """Yield the columns of a question."""
        kind = question.get("type", "")
        rows = self.rows_of[question.get("qid", "")]
        if kind in GRIDS:
            yield from self._grid(question, rows)
        elif kind == "1":
            yield from self._dual(question, rows)
        elif kind == "R":
            yield from self._ranks(question)
        elif kind in WITH_ROWS:
            yield from self._listed(question, rows)
        elif kind != "X":  # a text between questions
            yield self._field(question, given=self._given(question))
        if kind == "O":
            yield self._field(question, "comment", "comment")
        if question.get("other") == "Y":
            yield self._field(question, "other", "Other")
            if kind == "P":
                yield self._field(question, "othercomment", "Other – comment")

    def _field(
        self,
        question: Record,
        sub: str = "",
        about: str = "",
        given: Mapping[str, Answers] | None = None,
    ) -> Field:
        code, text = question.get("title", ""), self._text(question)
        base = "X".join(question.get(key, "") for key in ("sid", "gid", "qid"))
        name = f"{code}[{sub}]" if sub else code
        told = f"{text} [{about}]" if about else text
        return Field(name, told, given or {}, (f"{code}_{sub}", base + sub))

    def _listed(self, question: Record, rows: list[Record]) -> Iterator[Field]:
        for row in rows:
            code, text = row.get("title", ""), self._text(row)
            yield self._field(question, code, text, self._given(question))
            if question.get("type") == "P":
                yield self._field(question, f"{code}comment", f"{text} – comment")

    def _ranks(self, question: Record) -> Iterator[Field]:
        given = self._given(question)
        for place in range(1, max(map(len, given.values())) + 1):
            yield self._field(question, str(place), f"Rank {place}", given)

    def _grid(self, question: Record, rows: list[Record]) -> Iterator[Field]:
        across = [row for row in rows if row.get("scale_id") == "1"]
        for row in rows:
            for column in across if row.get("scale_id", "0") != "1" else ():
                sub = f"{row.get('title')}_{column.get('title')}"
                yield self._field(question, sub, f"{self._text(row)} – {self._text(column)}")

    def _dual(self, question: Record, rows: list[Record]) -> Iterator[Field]:
        code, text = question.get("title", ""), self._text(question)
        base = "X".join(question.get(key, "") for key in ("sid", "gid", "qid"))
        for row in rows:
            for scale in (0, 1):
                sub = row.get("title", "")
                yield Field(
                    f"{code}[{sub}][{scale + 1}]",
                    f"{text} [{self._text(row)}] [Scale {scale + 1}]",
                    self._given(question, str(scale)),
                    (f"{code}_{sub}_{scale}", f"{base}{sub}#{scale}"),
                )

    def _given(self, question: Record, scale: str = "0") -> Mapping[str, Answers]:
        """Return the answers of a question by language."""
        kind = question.get("type", "")
        if kind in FIXED:
            return {self.language: FIXED[kind]}
        given = {
            language: dict(answers)
            for language, answers in self.answers[question.get("qid", ""), scale].items()
        }
        given.setdefault(self.language, {})
        if question.get("other") == "Y":
            for answers in given.values():
                answers[OTHER] = "Other"
        return given if any(given.values()) or kind == "R" else {}

    def _answers(self) -> dict[tuple[str, str], dict[str, dict[str, str]]]:
        rows = self._rows("answers")
        texts = self._texts(rows, "answer_l10ns", "aid", "answer")
        made: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(dict)
        for row in sorted(rows, key=lambda row: _number(row.get("sortorder"))):
            found = {row["language"]: row.get("answer", "")} if row.get("language") else {}
            for language, text in (found or texts.get(row.get("aid", ""), {})).items():
                labels = made[row.get("qid", ""), row.get("scale_id", "0")]
                labels.setdefault(language, {})[row.get("code", "")] = flat(text)
        return made

    def _text(self, question: Record) -> str:
        texts = self.texts.get(question.get("qid", ""), {})
        return flat(texts.get(self.language) or next(iter(texts.values()), ""))

    def _texts(
        self, rows: list[Record], table: str, key: str, column: str
    ) -> dict[str, dict[str, str]]:
        """Return texts by id and language, from the table of texts or the old place."""
        texts: dict[str, dict[str, str]] = defaultdict(dict)
        for row in (*rows, *self._rows(table)):
            if column in row:
                texts[row.get(key, "")][row.get("language") or self.language] = row[column]
        return texts

    def _rows(self, table: str) -> list[Record]:
        return [
            {cell.tag: (cell.text or "").strip() for cell in row}
            for row in self.root.iterfind(f"{table}/rows/row")
        ]


def _parent(row: Record) -> str:
    parent = row.get("parent_qid", "0")
    return "" if parent == "0" else parent


def _ordered(rows: Iterator[Record]) -> list[Record]:
    return sorted(rows, key=lambda row: (row.get("gid", ""), _number(row.get("question_order"))))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
