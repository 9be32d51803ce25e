"""A bibliography whose entries are labelled as the text cites them: by author and year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pybtex.backends.plaintext import Backend as PlainTextBackend
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex_docutils import Backend as DocutilsBackend

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

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
    _formatted: ClassVar[dict[tuple[str, str], tuple[Any, Any]]] = {}

    @classmethod
    def recall(cls, citations: Iterable[Any]) -> None:
        """Take entries as this style has formatted them for the last build."""
        cls._formatted.clear()
        for one in citations:
            cls._formatted[one.formatted_entry.label, one.entry.key] = (
                one.entry,
                one.formatted_entry,
            )

    def format_entry(self, label: str, entry: Any, bib_data: Any = None) -> Any:
        """Return an entry as it is printed; each is asked for twice, for the list and a tooltip."""
        key = label, entry.key
        known, formatted = self._formatted.get(key, (None, None))
        if known != entry:
            formatted = super().format_entry(label, entry, bib_data)
            self._formatted[key] = entry, formatted
        return formatted


def setup(app: Sphinx) -> None:
    """Make ``bibtex_default_style: author_year`` known, and what Pybtex would look for each time.

    For each reference it reads the entry points of every package that is installed, unless a plugin
    is registered by hand.
    """
    app.connect("env-updated", _recall, priority=400)  # before they are formatted
    register_plugin("pybtex.style.formatting", NAME, AuthorYearStyle, force=True)
    register_plugin("pybtex.backends", "docutils", DocutilsBackend, force=True)
    register_plugin("pybtex.backends", "plaintext", PlainTextBackend, force=True)


def _recall(app: Sphinx, env: BuildEnvironment) -> None:
    known = env.domaindata.get("cite", {})
    styles = {key: one.style for key, one in known.get("bibliographies", {}).items()}
    citations = known.get("citations", ())
    AuthorYearStyle.recall(one for one in citations if styles.get(one.bibliography_key) == NAME)
