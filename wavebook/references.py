"""A bibliography whose entries are labelled as the text cites them: by author and year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pybtex.backends.plaintext import Backend as PlainTextBackend
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex_docutils import Backend as DocutilsBackend

NAME = "author_year"
MOST_AUTHORS = 2  # more are cited as "et al."


class AuthorYearLabels(BaseLabelStyle):  # type: ignore[misc]  # pybtex has no types
    """Labels such as ``Hill and Matthews, 2010``."""

    def format_labels(self, sorted_entries: Sequence[Any]) -> Iterator[str]:
        """Yield the label of each entry."""
        for entry in sorted_entries:
            people = entry.persons.get("author") or entry.persons.get("editor") or []
            names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
            if len(names) > MOST_AUTHORS:
                said = f"{names[0]} et al."
            else:
                said = " and ".join(names) or str(entry.fields.get("title", entry.key))
            year = entry.fields.get("year")
            yield f"{said}, {year}".replace("{", "").replace("}", "") if year else said


class AuthorYearStyle(PlainStyle):  # type: ignore[misc]
    """The plain style with labels by author and year."""

    default_label_style = AuthorYearLabels

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._formatted: dict[tuple[str, str], Any] = {}

    def format_entry(self, label: str, entry: Any, bib_data: Any = None) -> Any:
        """Return an entry as it is printed; each is asked for twice, for the list and a tooltip."""
        key = label, entry.key
        if key not in self._formatted:
            self._formatted[key] = super().format_entry(label, entry, bib_data)
        return self._formatted[key]


def setup() -> None:
    """Make ``bibtex_default_style: author_year`` known, and what Pybtex would look for each time.

    For each reference it reads the entry points of every package that is installed, unless a plugin
    is registered by hand.
    """
    register_plugin("pybtex.style.formatting", NAME, AuthorYearStyle, force=True)
    register_plugin("pybtex.backends", "docutils", DocutilsBackend, force=True)
    register_plugin("pybtex.backends", "plaintext", PlainTextBackend, force=True)
