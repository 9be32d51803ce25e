"""What `wavebook add` did, in the lines that an author reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wavebook.errors import listing
from wavebook.importing.export import Export
from wavebook.importing.ledger import Change
from wavebook.importing.mapping import MappingFile
from wavebook.importing.translate import Translation
from wavebook.instrument import Instrument

MOST_LINES = 30  # of one kind; the others are counted


@dataclass(frozen=True)
class AddedPart:
    """What became of one part's rows.

    Attributes
    ----------
    rows, rows_of_others
        Respondents, and rows of the export that are not of this part.
    answered, not_asked
        Questions with answers, and those of the part that the mapping leaves out or nobody
        answered.
    missing, loose
        Cells that became missing, and cells that were read by resemblance.
    unread
        Columns of the export that are neither mapped nor ignored.
    """

    name: str
    source: str
    kind: str
    rows: int
    rows_of_others: int
    answered: tuple[str, ...]
    not_asked: tuple[str, ...]
    missing: tuple[Change, ...]
    loose: tuple[Change, ...]
    unread: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield what there is to say, the most important first."""
        asked = len(self.answered) + len(self.not_asked)
        yield f"{self.name}: {self.rows:,} respondents from {self.source} ({self.kind})"
        yield f"  {len(self.answered)} of {asked} questions answered"
        if self.not_asked:
            yield f"  not in this wave: {', '.join(self.not_asked)}"
        if self.rows_of_others:
            yield f"  rows left out as not of this part: {self.rows_of_others:,}"
        yield from _some("turned to missing", [str(change) for change in self.missing])
        yield from _some("read by resemblance", [str(change) for change in self.loose])
        yield from _some("as read", self.notes)
        yield from _some("warning", self.warnings)
        if self.unread:
            columns = listing(self.unread, 20)[1:-1]
            yield f"  warning: neither mapped nor ignored ({len(self.unread):,}): {columns}"


def added_part(
    name: str, made: Translation, instrument: Instrument, unread: Sequence[str]
) -> AddedPart:
    """Return what became of a part's rows."""
    export, ledger, frame = made.ledger.export, made.ledger, made.frame
    answered: list[str] = []
    not_asked: list[str] = []
    for code, question in instrument.of_part(name):
        if question.type == "derived":
            continue
        columns = [column for column in question.columns(code) if column in frame]
        has_answers = any(frame[column].notna().any() for column in columns)
        (answered if has_answers else not_asked).append(code)
    return AddedPart(
        name,
        export.name,
        export.kind,
        len(frame),
        len(export.frame) - len(frame),
        tuple(answered),
        tuple(not_asked),
        tuple(ledger.missing),
        tuple(ledger.loose),
        tuple(unread),
        export.notes,
        tuple(ledger.warnings),
    )


def of_no_part(
    made: Mapping[str, Translation], exports: Mapping[str, Export], mapping: MappingFile
) -> Iterator[str]:
    """Yield what to say of rows of an export that several parts share and none of them has taken.

    Parameters
    ----------
    made, exports
        What became of each part's rows, and the file that they stand in.
    """
    shared: dict[str, list[str]] = {}
    for part, export in exports.items():
        shared.setdefault(export.name, []).append(part)
    for name, parts in shared.items():
        export = exports[parts[0]]
        left = export.frame.index
        for part in parts:
            left = left.difference(made[part].frame.index)
        if len(parts) < 2 or left.empty:
            continue
        columns = dict.fromkeys(column for part in parts for column in mapping.parts[part].only)
        found = "; ".join(
            f"{column}: {listing(export.frame.loc[left, column].fillna('empty').unique())[1:-1]}"
            for column in columns
        )
        rows = listing([str(export.row(int(index))) for index in left])[1:-1]
        yield f"warning: {name}: {len(left):,} rows are of no part ({found}): row {rows}"


def _some(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"  {heading}:"
    for line in lines[:MOST_LINES]:
        yield f"    {line}"
    if len(lines) > MOST_LINES:
        yield f"    … {len(lines) - MOST_LINES:,} more"
