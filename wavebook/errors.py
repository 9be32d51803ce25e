"""What a user can get wrong, said in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what was expected there.

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
        Column of a data file, or path of a key in a YAML file.
    """

    file: str
    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(self.column)
        return f"{', '.join(place)}: {self.message}"


class WavebookError(Exception):
    """An error that a user can cause and mend; the command line shows it without a traceback."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> WavebookError:
        """Return one error that names every problem, a line each."""
        return cls("\n".join(str(problem) for problem in problems), problems)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name closest to `name`, or nothing."""
    matches = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{matches[0]}'?" if matches else ""


def listing(names: Iterable[str], most: int = 8) -> str:
    """Return names in brackets for the end of an error, cut after `most`."""
    known = list(names)
    more = f", … {len(known) - most} more" if len(known) > most else ""
    return f"({', '.join(known[:most])}{more})"
