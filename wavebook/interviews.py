"""What people said in a wave's interviews: themes, and excerpts of those who agreed to be quoted.

A wave may bring ``interviews.csv``, a row an excerpt: its theme, the finding it belongs to, the
role of who said it, and whether they consent to be quoted. Nothing of an excerpt without consent
leaves this module, and no excerpt is attributed to anything but a role.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavebook.csv_file import not_utf8
from wavebook.errors import Problem, WavebookError, listing, nearest, quoted
from wavebook.project import Project, finding_of
from wavebook.regular import NOT_REGULAR, is_special

FILE = "interviews.csv"
MIME = "application/vnd.wavebook.interviews+json"
COLUMNS = ("theme", "finding", "role", "excerpt", "consent")
# Columns that a file may have besides: an excerpt's own id, and which interview it comes from.
ID, INTERVIEW = "id", "interview"
LAYOUT = "\r\n\t\u00ad\u200c\u200d"  # unseen, and yet part of how text is written
SAID = ("theme", "role", "excerpt")  # what a page shows

PERSONAL = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    "a telephone number": re.compile(
        r"(?<![\d.])(?:(?:\+|00|\(?0)\d(?:[ ()./-]{0,2}\d){7,}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})"
    ),
}
# Two capitalised words within a sentence, unless "the" says that they name an institution.
NAME = re.compile(
    r"\b(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Lord|Lady|Rev)\.? [A-Z][\w'’-]+"
    r"|(?<=[a-z,;] )(?<![Tt]he )[A-Z][a-z'’-]+ [A-Z][a-z'’-]+)"
)


@dataclass(frozen=True)
class Quotation:
    """An excerpt, and the role of who said it."""

    text: str
    role: str


@dataclass(frozen=True)
class Theme:
    """What several people spoke about.

    Attributes
    ----------
    interviews
        In how many interviews it came up; None where the file does not tell.
    """

    name: str
    quotations: tuple[Quotation, ...]
    interviews: int | None = None

    @property
    def spread(self) -> str:
        """How widely it came up, in words; empty where that is not known."""
        if self.interviews is None:
            return ""
        return f"raised in {self.interviews} interview{'' if self.interviews == 1 else 's'}"


@dataclass(frozen=True)
class Voices:
    """What people said about a finding, theme by theme; shown by a notebook as quotations."""

    finding: str
    themes: tuple[Theme, ...] = ()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        themes = [
            {
                "theme": theme.name,
                "spread": theme.spread,
                "quotations": [{"text": q.text, "role": q.role} for q in theme.quotations],
            }
            for theme in self.themes
        ]
        return {MIME: {"finding": self.finding, "themes": themes}, "text/plain": self._plain}

    @property
    def _plain(self) -> str:
        if not self.themes:
            return "No interviews about this finding."
        lines = []
        for theme in self.themes:
            lines.append(f"{theme.name} ({theme.spread})" if theme.spread else theme.name)
            lines += [f"  “{quote.text}” ({quote.role})" for quote in theme.quotations]
        return "\n".join(lines)


def voices(project: Project, wave_folder: Path, finding: str) -> Voices:
    """Return what the interviews of a wave have to say about a finding.

    A theme that nobody agrees to be quoted on is left out; where it is shown, all interviews that
    it came up in count.

    Raises
    ------
    WavebookError
        With every error in the file: who did not consent must not be quoted by a mistake.
    """
    rows, problems = _read(project, wave_folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise WavebookError.of(errors)
    themes: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if row["finding"] == finding:
            themes.setdefault(row["theme"], []).append(row)
    return Voices(finding, tuple(t for t in map(_theme, themes.values()) if t.quotations))


def _theme(rows: list[dict[str, str]]) -> Theme:
    interviews = {row.get(INTERVIEW, "") for row in rows}
    return Theme(
        rows[0]["theme"],
        tuple(Quotation(row["excerpt"], row["role"]) for row in rows if row["consent"] == "yes"),
        None if "" in interviews else len(interviews),
    )


def interview_problems(project: Project, wave_folder: Path) -> list[Problem]:
    """Return everything that is wrong or odd in a wave's interviews; nothing where it has none."""
    return _read(project, wave_folder)[1]


def _read(project: Project, folder: Path) -> tuple[list[dict[str, str]], list[Problem]]:
    """Return the rows of a wave's interviews, and what is wrong or odd in them."""
    path = folder / FILE
    name = project.relative(path)
    if is_special(path):
        return [], [Problem(name, NOT_REGULAR, rule="unreadable")]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *lines = csv.reader(file, strict=True)
    except FileNotFoundError:
        return [], []
    except UnicodeDecodeError:
        return [], [Problem(name, not_utf8(path), rule="unreadable")]
    except (OSError, csv.Error) as error:
        return [], [Problem(name, f"cannot be read: {error}", rule="unreadable")]
    except ValueError:
        return [], [Problem(name, "the file is empty", rule="unreadable")]
    problems = list(_header_problems(name, header))
    rows: dict[int, dict[str, str]] = {}
    for number, cells in enumerate(lines if not problems else (), start=1):
        if len(cells) != len(header):
            said = f"{len(cells)} cells, but there are {len(header)} columns"
            problems.append(Problem(name, said, number, rule="cells"))
            continue
        lines_of = (cell.strip().replace("\r\n", "\n") for cell in cells)
        rows[number] = dict(zip(header, lines_of, strict=True))
        problems += _row_problems(project, name, number, rows[number])
    problems += _repeated(name, rows)
    return list(rows.values()), problems


def _header_problems(name: str, header: list[str]) -> Iterator[Problem]:
    known = (*COLUMNS, ID, INTERVIEW)
    for column in COLUMNS:
        if column not in header:
            said = f"there is no column '{column}' {listing(COLUMNS)}"
            yield Problem(name, said, expected=column, rule="no-column")
    for column, times in Counter(header).items():
        if column not in known:
            said = f"there is no such column {listing(known)}{nearest(column, known)}"
            yield Problem(name, said, column=column, found=column, rule="unknown-column")
        elif times > 1:
            said = f"the column stands there {times} times"
            yield Problem(name, said, column=column, found=column, rule="repeated-column")


def _row_problems(
    project: Project, name: str, number: int, row: Mapping[str, str]
) -> Iterator[Problem]:
    for column in ("theme", "role"):
        if not row[column]:
            said = f"a {column} is wanted"
            yield Problem(name, said, number, column, expected=f"a {column}", rule="no-answer")
    findings = [finding_of(notebook) for notebook in project.notebooks]
    given = row["finding"]
    if given not in findings:
        known = ", ".join(findings)
        said = f"{quoted(given)} is not a finding ({known}){nearest(given, findings)}"
        yield Problem(
            name, said, number, "finding", found=given, expected=known, rule="unknown-finding"
        )
    given = row["consent"]
    if given not in ("yes", "no"):
        said = f"{quoted(given)} is not yes or no"
        yield Problem(
            name, said, number, "consent", found=given, expected="yes, no", rule="unknown-consent"
        )
    if given == "yes" and not row["excerpt"]:
        said = "an excerpt is wanted: there is consent to it"
        yield Problem(name, said, number, "excerpt", expected="an excerpt", rule="no-answer")
    for column in SAID:
        yield from _personal(name, number, column, row[column])


def _personal(name: str, number: int, column: str, text: str) -> Iterator[Problem]:
    """Yield what could tell who somebody is, and characters that cannot be seen."""
    for kind, pattern in PERSONAL.items():
        for found in pattern.findall(text):
            said = f"{quoted(found)} looks like {kind}: take it out"
            yield Problem(name, said, number, column, found=found, rule="personal")
    for found in NAME.findall(text):
        said = f"{quoted(found)} may be a name: people are told of by their role only"
        yield Problem(
            name, said, number, column, severity="warning", found=found, rule="possible-name"
        )
    unseen = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn")}
    for character in sorted(unseen - set(LAYOUT)):
        code = f"U+{ord(character):04X}"
        said = f"{code} cannot be seen: take it out"
        yield Problem(name, said, number, column, found=code, rule="unseen")


def _repeated(name: str, rows: Mapping[int, Mapping[str, str]]) -> Iterator[Problem]:
    """Yield rows with the id of an earlier one, or that say the same."""
    ids: set[str] = set()
    excerpts: set[tuple[str, ...]] = set()
    for number, row in rows.items():
        given = row.get(ID, "")
        if given and given in ids:
            said = f"{quoted(given)} stands in an earlier row too"
            yield Problem(name, said, number, ID, found=given, rule="repeated-id")
        ids.add(given)
        same = (row["finding"], row["theme"], row["excerpt"])
        if row["excerpt"] and same in excerpts:
            said = "the same stands in an earlier row too"
            yield Problem(name, said, number, "excerpt", rule="repeated-row")
        excerpts.add(same)
