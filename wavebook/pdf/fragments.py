"""Documents as they were written for the last PDF: those that have not changed stay as they are.

What a document says in Typst hangs on more than itself: on the labels that its links find in
others, on whether a link in another leads to a place of its own, on whether figures are numbered by
hand anywhere. A fragment holds as long as all of that is what it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wavebook.pdf.book import Places

FILE = "fragments.json"


@dataclass(frozen=True)
class Fragment:
    """A document as it was last written, and what that hung on.

    Attributes
    ----------
    made_from
        Digest of the document, and of what every document may show of the others.
    markup, stubs
        What was written: as in `wavebook.pdf.writer.Written`.
    images
        The file in the output directory by the ``uri`` of each image.
    labels
        Its own places: the label by each name that a link can use.
    wanted
        The labels of its own that some link led to.
    links
        The names that its links led to, and the label that each found.
    numbered
        Whether one of its figures, or tables, is numbered by hand.
    all_numbered
        Whether one was in the whole book.
    """

    made_from: str
    markup: str
    stubs: Sequence[int]
    images: Mapping[str, str]
    labels: Mapping[str, str]
    wanted: Sequence[str]
    links: Mapping[str, str | None]
    numbered: Mapping[str, bool]
    all_numbered: Mapping[str, bool]

    def holds(self, places: Places, numbered: Mapping[str, bool]) -> bool:
        """Return whether it would be written the same into a book."""
        return (
            set(self.wanted) == places.wanted & set(self.labels.values())
            and all(places.labels.get(name) == label for name, label in self.links.items())
            and dict(self.all_numbered) == dict(numbered)
        )


def read_fragments(folder: Path | None) -> dict[str, Fragment]:
    """Return the fragments in the folder of the last PDF, by document; none where there is none."""
    if folder is None or not (folder / FILE).is_file():
        return {}
    told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return {docname: Fragment(**fragment) for docname, fragment in told.items()}


def save_fragments(folder: Path, fragments: Mapping[str, Fragment]) -> None:
    """Write the fragments of a PDF into its folder."""
    told = {docname: vars(fragment) for docname, fragment in fragments.items()}
    (folder / FILE).write_text(json.dumps(told), encoding="utf-8")
