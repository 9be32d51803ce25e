"""What a check found, for people and for programs: lines, a table, JSON, a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

from wavebook.errors import Problem, Severity, lines, shortened, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

Format = Literal["table", "json", "html"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
MOST_ROWS_OF_A_PAGE = 1000
TITLES = {
    "error": "Errors: these cannot be used",
    "warning": "Warnings: possible, and yet odd",
    "note": "Notes",
}
_EMPTY = "(empty)"


@dataclass(frozen=True)
class Checklist:
    """All that a check found.

    Attributes
    ----------
    subject
        What was checked, as the user would name it.
    found
        Every problem, of any severity.
    respondents
        How many rows each part has that could be read.
    """

    subject: str
    found: tuple[Problem, ...]
    respondents: Mapping[str, int]

    def of(self, severity: Severity) -> tuple[Problem, ...]:
        """Return the problems of a severity."""
        return tuple(problem for problem in self.found if problem.severity == severity)

    def is_sound(self, *, strict: bool = False) -> bool:
        """Whether there is no error; with `strict` no warning either."""
        return not self.of("error") and not (strict and self.of("warning"))

    @property
    def summary(self) -> str:
        """One sentence: whether it is sound, how many answered, how much was found."""
        sizes = ", ".join(f"{count:,} {part}" for part, count in self.respondents.items())
        counted = [
            f"{count:,} {severity}{'s' if count != 1 else ''}"
            for severity in SEVERITIES
            if (count := len(self.of(severity)))
        ]
        state = "is sound" if self.is_sound() else "is not sound"
        told = f" ({', '.join(counted)})" if counted else ""
        return f"{self.subject} {state}{f': {sizes}' if sizes else ''}{told}."

    def as_lines(self) -> list[str]:
        """Return a line for each group of equal problems, errors first."""
        return [line for severity in SEVERITIES for line in lines(self.of(severity))]

    def as_tables(self) -> Iterator[RenderableType]:
        """Yield a table for each severity, for a terminal."""
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        for severity, style in zip(SEVERITIES, ("red", "yellow", "blue"), strict=True):
            problems = self.of(severity)
            if not problems:
                continue
            table = Table(title=Text(TITLES[severity], style=style), title_justify="left")
            for heading in ("File", "Row", "Column", "Found", "Expected"):
                table.add_column(heading, overflow="fold")
            for problem in problems[:MOST_ROWS_OF_A_PAGE]:
                # As Text, so that a value in brackets is no instruction to rich.
                table.add_row(*(Text(shortened(cell)) for cell in _cells(problem)))
            yield table
            if len(problems) > MOST_ROWS_OF_A_PAGE:
                yield Text(f"… and {len(problems) - MOST_ROWS_OF_A_PAGE:,} more: --format json")

    def as_json(self) -> Iterator[str]:
        """Yield the pieces of a JSON object with every problem of every row.

        ``{"subject", "sound", "respondents": {part: rows}, "counts": {severity: number},
        "problems": [{"severity", "rule", "file", "row", "column", "found", "expected",
        "message"}]}``; what does not apply is null. A long list is never held in memory.
        """
        head = json.dumps(
            {
                "subject": self.subject,
                "sound": self.is_sound(),
                "respondents": dict(self.respondents),
                "counts": {one: sum(p.count for p in self.of(one)) for one in SEVERITIES},
            },
            indent=1,
        )
        yield head.removesuffix("\n}") + ',\n "problems": ['
        separator = "\n  "
        for severity in SEVERITIES:
            for problem in self.of(severity):
                for one in problem.each():
                    yield separator + json.dumps(
                        {
                            "severity": one.severity,
                            "rule": one.rule or None,
                            "file": one.file,
                            "row": one.row,
                            "column": one.column,
                            "found": one.found,
                            "expected": one.expected,
                            "message": one.message,
                        }
                    )
                    separator = ",\n  "
        yield "\n ]\n}\n" if separator.startswith(",") else "]\n}\n"

    def as_html(self) -> Iterator[str]:
        """Yield the pieces of a page that needs nothing but itself, not even an encoding."""
        for piece in self._html():
            yield piece.encode("ascii", "xmlcharrefreplace").decode("ascii")

    def _html(self) -> Iterator[str]:
        title = escape(visible(self.subject))
        yield _HEAD.replace("{title}", title)
        yield f"<h1>Check of {title}</h1>\n<p>{escape(visible(self.summary))}</p>\n"
        for severity in SEVERITIES:
            problems = self.of(severity)
            if not problems:
                continue
            yield (
                f'<section class="{severity}">\n<h2 id="{severity}">{TITLES[severity]}</h2>\n'
                f'<div class="wide" role="region" aria-labelledby="{severity}" tabindex="0">\n'
                "<table>\n<thead><tr>"
                + "".join(f'<th scope="col">{name}</th>' for name in _HEADINGS)
                + "</tr></thead>\n<tbody>\n"
            )
            for problem in problems:
                file, rows, column, found, expected = _cells(problem)
                cells = (file, "", column, found, expected, problem.message)
                marked = [f"<td>{escape(visible(cell))}</td>" for cell in cells]
                marked[1] = f"<td>{_rows(problem, rows)}</td>"
                yield f"<tr>{''.join(marked)}</tr>\n"
            yield "</tbody>\n</table>\n</div>\n</section>\n"
        yield "</main>\n</body>\n</html>\n"


def _cells(problem: Problem) -> tuple[str, str, str, str, str]:
    found = problem.found
    if found is None:
        found = problem.message if problem.expected is None else _EMPTY if problem.row else ""
    cells = (problem.file, problem.rows_shown, problem.column, found, problem.expected)
    shown = [visible(cell or "") for cell in cells]
    return shown[0], shown[1], shown[2], shown[3], shown[4]


def _rows(problem: Problem, short: str) -> str:
    """Return the rows for a page: a few in sight, the others to unfold."""
    if problem.count <= len(short.split()):
        return escape(short)
    some = ", ".join(str(row) for row in problem.rows[:MOST_ROWS_OF_A_PAGE])
    left = problem.count - MOST_ROWS_OF_A_PAGE
    more = f" and {left:,} more" if left > 0 else ""
    return f"<details><summary>{escape(short)}</summary>{some}{more}</details>"


_HEADINGS = ("File", "Row", "Column", "Found", "Expected", "What is wrong")
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Check of {title}</title>
<style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid; }
td { overflow-wrap: anywhere; min-width: 6rem; }
section { border-left: .4rem solid; padding-left: 1rem; margin: 2rem 0; }
.error { border-color: #b00020; }
.warning { border-color: #a86a00; }
.note { border-color: #2a6fb0; }
</style>
</head>
<body>
<main>
"""
