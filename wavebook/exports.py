"""What a notebook hands on to the book: its finding in one number, a title, values for chapters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wavebook.estimates import Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.statements import Statement
from wavebook.untold import left_out

VALUES_MIME = "application/vnd.wavebook.values+json"
# What chapters know of every finding, whatever its notebook exports.
RESERVED = frozenset(
    ("headline", "sentence", "change", "id", "document", "title", "values", "records", "statements",
     "written_for", "checked", "first_title")
)  # fmt: skip
HEADLINE = "headline"
TITLE = "title"
FIRST_TITLE = "first_title"  # of a cell: what gave way to another
METADATA = "wavebook"  # of an output: the statements that a paragraph rests on, what came of them


@dataclass(frozen=True)
class Headline:
    """A finding in one number."""

    finding: str
    value: Estimate
    sentence: str
    change: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"{self.value.percent} {self.sentence}"
        if self.value.untold:
            text = left_out([self.value.untold])
        elif self.value.certainty:
            text += f" ({self.value.interval_name} {self.value.interval})"
        data = {
            "finding": self.finding,
            "values": {HEADLINE: _packed(self.value)},
            "sentence": self.sentence,
            **({"change": self.change} if self.change else {}),
        }
        if self.change:
            text += f"\n{self.change}"
        return {VALUES_MIME: data, "text/plain": text}


@dataclass(frozen=True)
class Title:
    """What a finding is called where the conclusion in its title does not hold."""

    finding: str
    otherwise: str
    rests_on: tuple[Statement, ...]

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        reasons = [why for one in self.rests_on if (why := one.why_left_out)]
        title = {TITLE: self.otherwise} if reasons else {}
        text = f"Called ‘{self.otherwise}’: {'; '.join(reasons)}" if reasons else "The title holds."
        data = {VALUES_MIME: {"finding": self.finding, "values": {}, **title}, "text/plain": text}
        return data, {METADATA: noted(self.rests_on)}


def noted(statements: Iterable[Statement]) -> dict[str, Any]:
    """Return what is noted beside an output of the statements that it rests on."""
    checked = {one.name: one.as_dict() for one in statements}
    return {"statements": list(checked), "checked": checked}


@dataclass(frozen=True)
class Exports:
    """Values for the book's chapters."""

    finding: str
    values: dict[str, Estimate | Estimates | float | str]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        packed: dict[str, Any] = {}
        for name, value in self.values.items():
            if isinstance(value, Estimate):
                packed[name] = _packed(value)
            elif isinstance(value, Estimates):
                packed[name] = {
                    "values": [_packed(e) for e in value],
                    "absent": [_packed(e) for e in value.absent],
                }
            else:
                packed[name] = value
        return {
            VALUES_MIME: {"finding": self.finding, "values": packed},
            "text/plain": f"For the book's chapters: {', '.join(self.values)}",
        }


def _packed(e: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data, its cell first."""
    return {
        "cell": list(e.cell),
        **{
            name: getattr(e, name)
            for name in (
                "value", "low", "high", "base", "status", "label", "short", "option_label",
                "group_label", "stated", "rank", "level",
            )
        },
        **({"value": None} if e.is_missing else {}),
        **({} if e.reliability == "sound" else {"reliability": e.reliability}),
        **({"untold": e.untold} if e.untold else {}),
        **({"is_base_assumed": True} if e.is_base_assumed else {}),
    }  # fmt: skip


def unpacked(data: Any) -> Any:
    """Return what `Exports` packed: an estimate, several, or a plain value."""
    if isinstance(data, dict) and data.keys() == {"values", "absent"}:
        return Estimates(*(tuple(map(unpacked, data[name])) for name in ("values", "absent")))
    if isinstance(data, dict) and "cell" in data:
        stated = data["stated"]
        if data["value"] is None:
            data = {**data, "value": math.nan}
        return Estimate(
            Cell(*data["cell"]),
            **{k: v for k, v in data.items() if k not in ("cell", "stated")},
            stated=tuple(stated) if stated else None,
        )
    return data
