"""What a check found, for people and for programs: lines, a table, JSON, a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

from wavebook.errors import MOST_ROWS as MOST_IN_LINE
from wavebook.errors import Problem, Severity, lines, shortened, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

Format = Literal["table", "json", "html"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
MOST_ROWS = 1000  # of one table on a terminal, and of one problem on a page
HEADINGS = ("Row", "Column", "Found", "Expected")
TITLES = {
    "error": "Errors, which stop a build",
    "warning": "Warnings of what is possible and yet odd",
    "note": "Notes",
}


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

    def by_file(self, severity: Severity) -> list[tuple[str, list[Problem]]]:
        """Return the problems of a severity, file by file."""
        files: dict[str, list[Problem]] = {}
        for problem in self.of(severity):
            files.setdefault(problem.file, []).append(problem)
        return list(files.items())

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
        """Yield a table for each severity and file, for a terminal."""
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        for severity, style in zip(SEVERITIES, ("red", "yellow", "blue"), strict=True):
            for file, problems in self.by_file(severity):
                yield Text(f"{TITLES[severity]}: {visible(file)}", style=f"bold {style}")
                table = Table()
                for heading in HEADINGS:
                    table.add_column(heading, overflow="fold")
                for problem in problems[:MOST_ROWS]:
                    # As Text, so that a value in brackets is no instruction to rich.
                    table.add_row(*(Text(shortened(cell)) for cell in _cells(problem)))
                yield table
                if len(problems) > MOST_ROWS:
                    yield Text(f"… and {len(problems) - MOST_ROWS:,} more: --format json")

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
            for number, (file, problems) in enumerate(self.by_file(severity)):
                if not number:
                    yield f'<h2 class="{severity}">{TITLES[severity]}</h2>\n'
                yield from _table(f"{severity}-{number}", file, problems)
        yield "</main>\n</body>\n</html>\n"


def _cells(problem: Problem) -> tuple[str, str, str, str]:
    """Return what a table has of a problem: rows, column, what was found and what was expected."""
    found = problem.found
    if found is None:
        found = problem.message if problem.row is None else "(empty)"
    _, mark, meant = problem.message.partition("; did you mean ")
    expected = (problem.expected or "") + mark + meant
    shown = [visible(cell) for cell in (problem.rows_shown, problem.column or "", found, expected)]
    return shown[0], shown[1], shown[2], shown[3]


def _table(code: str, file: str, problems: list[Problem]) -> Iterator[str]:
    """Yield the pieces of a page's table."""
    yield (
        f'<div class="wide" role="region" aria-labelledby="{code}" tabindex="0">\n<table>\n'
        f'<caption id="{code}">{escape(visible(file))}</caption>\n<thead><tr>'
        + "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
        + "</tr></thead>\n<tbody>\n"
    )
    for problem in problems:
        rows, *others = (escape(cell) for cell in _cells(problem))
        if len(problem.rows) > MOST_IN_LINE:
            every = ", ".join(str(row) for row in problem.rows[:MOST_ROWS])
            left = len(problem.rows) - MOST_ROWS
            more = f" and {left:,} more" if left > 0 else ""
            rows = f"<details><summary>{rows}</summary>{every}{more}</details>"
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in (rows, *others))}</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"


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
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
caption { text-align: left; font-weight: bold; padding: .3rem .6rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid; }
td:first-child { min-width: 8rem; }
td:nth-child(3) { overflow-wrap: anywhere; min-width: 8rem; }
h2 { border-left: .4rem solid; padding-left: .6rem; margin-top: 2rem; }
.error { border-color: #b00020; }
.warning { border-color: #a86a00; }
.note { border-color: #2a6fb0; }
</style>
</head>
<body>
<main>
"""
