"""What a user can get wrong, said in one line each."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning", "note"]
MOST_ROWS = 5  # so many rows are named in a line; the others are counted
MOST_LINES = 50  # so many lines of one rule in a file are shown, and so many of one column:
MOST_LINES_OF_A_COLUMN = 10
LONGEST = 80  # characters of a found value in a line
# What a system says of disks, rights and limits, and of names that it cannot have.
CIRCUMSTANCES = frozenset(
    (errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.ELOOP,
     errno.EMFILE, errno.ENAMETOOLONG, errno.ENFILE, errno.ENOENT, errno.ENOMEM, errno.ENOSPC,
     errno.ENOTDIR, errno.EPERM, errno.EROFS, errno.ESTALE)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or odd, where it is, and what was expected there.

    Parameters
    ----------
    file
        The file as the user would name it, relative to the project.
    message
        What was found and what was expected, e.g.
        ``'fairly' is not an option (very, somewhat, not_very, not_at_all)``.
    row
        Line of the data file, counting from 1 for the first respondent.
    column
        Column of a data file, or path of a key in a YAML file. Several columns are joined by
        commas; ``<question>__*`` are all columns of a question.
    severity
        An *error* makes a row or a file unusable, a *warning* is possible and yet suspicious, a
        *note* is worth knowing.
    found, expected
        The two halves of the message, where it has them; `found` is None for an empty cell.
    rule
        Which check said so, such as ``unknown-option``; for programs.
    rows
        Every row with this very problem, the first included, where there are several.
    """

    file: str
    message: str
    row: int | None = None
    column: str | None = None
    severity: Severity = "error"
    found: str | None = None
    expected: str | None = None
    rule: str = ""
    rows: Sequence[int] = field(default=(), compare=False, repr=False)

    @property
    def count(self) -> int:
        """How many rows have it; 1 for what concerns a file or a column."""
        return max(1, len(self.rows))

    @property
    def rows_shown(self) -> str:
        """The rows as people read them: ``3, 7 and 12``, or ``3, 7, 12, 15, 20 and 895 more``."""
        if len(self.rows) < 2:
            return "" if self.row is None else str(self.row)
        return _some(self.rows)

    def each(self) -> Iterator[Problem]:
        """Yield the problem once for every row that has it."""
        if len(self.rows) < 2:
            yield self
            return
        for row in self.rows:
            yield replace(self, row=int(row), rows=())

    @property
    def prefix(self) -> str:
        """What a line begins with: nothing for an error, which is what lines are about."""
        return "" if self.severity == "error" else f"{self.severity}: "

    @property
    def line(self) -> str:
        """The problem as a line of a list that holds problems of every severity."""
        return f"{self.prefix}{self}"

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(shortened(self.column))
        others = self.rows[1:]
        also = ""
        if len(others):
            also = f" (also in row{'s' if len(others) > 1 else ''} {_some(others)})"
        return visible(f"{', '.join(place)}: {self.message}{also}")


class WavebookError(Exception):
    """An error that a user can cause and mend; the command line shows it without a traceback."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> WavebookError:
        """Return one error that names every problem, a line each, until lines repeat themselves."""
        return cls("\n".join(lines(problems)), problems)


def lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield problems as lines; of a rule that a file breaks on and on, the first and a count."""
    shown: Counter[tuple[str, ...]] = Counter()
    unsaid: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        rule = (problem.file, problem.rule)
        column = (*rule, problem.column or "")
        if problem.rule and (shown[rule] >= MOST_LINES or shown[column] >= MOST_LINES_OF_A_COLUMN):
            unsaid.setdefault(rule, []).append(problem)
            continue
        shown.update((rule, column))
        yield problem.line
    for (file, rule_name), rest in unsaid.items():
        cells = sum(problem.count for problem in rest)
        yield visible(
            f"{rest[0].prefix}{file}: {cells:,} more of the kind '{rule_name}'; "
            "wavebook check --format json lists every one"
        )


def _some(rows: Sequence[int]) -> str:
    first = [str(row) for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        return f"{', '.join(first)} and {len(rows) - MOST_ROWS:,} more"
    return " and ".join([", ".join(first[:-1]), first[-1]]) if len(first) > 1 else first[0]


def of_system(error: OSError) -> str | None:
    """Return one line for what the system refuses, if it is none of our own mistakes.

    Examples
    --------
    >>> of_system(OSError(errno.ENOSPC, "No space left on device", "site/2030-r1"))
    'site/2030-r1: no space left on device'
    """
    causes = error.args[0] if isinstance(error, shutil.Error) else None
    if isinstance(causes, list) and causes:  # of a folder: each file with what was said of it
        return f"{visible(str(causes[0][1]))}: cannot be written: {causes[0][2]}"
    if error.errno not in CIRCUMSTANCES:
        return None
    why = "no permission" if isinstance(error, PermissionError) else _lower(error.strerror or "")
    where = short(os.fsdecode(error.filename)) if error.filename is not None else "output"
    return f"{where}: {why}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def short(text: str) -> str:
    """Return text that fits into a line of an error, cut where it is longer."""
    shown = visible(text)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def visible(text: str) -> str:
    r"""Return text that can do nothing to a terminal or a page but be read.

    Control characters, line breaks, and marks that turn the direction of writing are shown by
    their codes.

    Examples
    --------
    >>> visible("some\n")
    'some\\n'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(text: str) -> str:
    """Return text that fits into a line."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoted(value: str) -> str:
    """Return a found value as a line shows it: in quotes, readable, cut if it is long."""
    return f"'{shortened(visible(value))}'"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name closest to `name`, or nothing."""
    matches = get_close_matches(name[:LONGEST], list(known), n=1)
    return f"; did you mean '{matches[0]}'?" if matches else ""


def listing(names: Iterable[str], most: int = 8) -> str:
    """Return names in brackets for the end of an error, cut after `most`."""
    known = list(names)
    more = f", … {len(known) - most} more" if len(known) > most else ""
    return f"({', '.join(known[:most])}{more})"
