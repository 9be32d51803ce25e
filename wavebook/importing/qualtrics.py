"""What Qualtrics writes above the answers: names, question texts, and the ids it imports by."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from wavebook.errors import listing
from wavebook.importing.header import Header, Rows
from wavebook.importing.values import plain_text

KNOWN = {"StartDate", "EndDate", "RecordedDate", "ResponseId", "Finished", "Progress"}
LEGACY = ("ResponseID", "ResponseSet")  # the question texts of its first columns, V1 and V2
UNANSWERED = "-99"


def qualtrics_header(rows: Rows, top: int) -> Header | None:
    """Return the header of an export by Qualtrics; None if it is none.

    CSV and TSV have three rows (names, texts, ImportId in JSON), workbooks two, and the exports
    of before 2018 two with other names.
    """
    if len(rows) < top + 3:
        return None
    names, texts, third = rows[top], rows[top + 1], rows[top + 2]
    ids = [_import_id(cell) for cell in third]
    if ids and sum(one is not None for one in ids) > len(third) / 2:
        return _header(top + 3, names, texts, _zones(ids))
    first = {name: text.strip() for name, text in zip(names, texts, strict=False)}
    is_current = len(KNOWN & set(names)) > 2 and not first.get("ResponseId", "R_").startswith("R_")
    if is_current or tuple(texts[:2]) == LEGACY:
        return _header(top + 2, names, texts, ())
    return None


def qualtrics_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return what an author should know of these answers, a sentence each."""
    notes = []
    previews = frame.get("DistributionChannel", frame.get("Status", pd.Series(dtype="str")))
    count = int(previews.str.lower().isin(["preview", "survey preview", "1"]).sum())
    if count:
        notes.append(f"Previews, not respondents ({previews.name}): {count:,} of {len(frame):,}.")
    with_code = [str(name) for name in frame if (frame[name] == UNANSWERED).any()]
    if with_code:
        notes.append(
            f"{UNANSWERED}, by which Qualtrics can mark questions seen and not answered, stands in "
            f"{listing(with_code)}."
        )
    return tuple(notes)


def _header(
    depth: int, names: Sequence[str], texts: Sequence[str], notes: tuple[str, ...]
) -> Header:
    width = max((i for i, name in enumerate(names, 1) if name.strip()), default=0)
    labels = {
        i: " ".join(text.split())
        for i, text in enumerate(texts[:width])
        if text.strip() and text.strip() != names[i].strip()
    }
    return Header(depth, tuple(plain_text(name) for name in names[:width]), labels, notes)


def _import_id(cell: str) -> dict[str, str] | None:
    if "ImportId" not in cell:
        return None
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "ImportId" in found else None


def _zones(ids: Sequence[dict[str, str] | None]) -> tuple[str, ...]:
    zones = dict.fromkeys(str(one["timeZone"]) for one in ids if one and "timeZone" in one)
    return (f"Times are those of {', '.join(zones)}.",) if zones else ()
