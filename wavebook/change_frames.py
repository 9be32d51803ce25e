"""What charts of two waves are made of: values with their ends, words beside them, notes, tooltips.

A text alternative tells every value then and now, and every verdict; a note says how the chart
marks them and what it could not compare.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from wavebook import charts, wording
from wavebook.change_prose import reconstruction_note
from wavebook.comparison import Changes
from wavebook.differences import Change
from wavebook.estimates import SUPPRESSED, Estimate
from wavebook.wording import quoted

LINK = ("link_from", "link_to")
BESIDE = 24  # characters of a reason that fit beside a mark; longer ones stand in the note


def frame(changes: Changes, by: str = "short") -> pd.DataFrame:
    """Return changes with what marks need: both values, where they end, and the words beside them.

    Columns that are missing where there is no value to draw are NaN; nothing of a value that is not
    compared is in the frame.
    """
    data = changes.estimates.frame()
    data["name"] = data[by]
    data["known"] = data["status"] != "assumed"
    drawn = pd.DataFrame([_ends(change) for change in changes])
    data = data.drop(columns=["low", "high", "value", "is_range"]).join(drawn)
    numbers = [f"{wave}{end}" for wave in ("now", "then") for end in ("", "_low", "_high", "_edge")]
    data[[*numbers, *LINK]] = data[[*numbers, *LINK]].astype(float)
    return data


def _ends(change: Change) -> dict[str, Any]:
    now, then = change.now, change.then
    is_left = then is not None and (then.value > now.value)
    link = _link(change) or (None, None)
    flips = change.cell.measure == "mean_rank"  # on a scale that runs from right to left
    side = (-1 if is_left != flips else 1) if then else 1
    return {
        **_of_wave("now", now, side),
        **_of_wave("then", then, -side),
        **dict(zip(LINK, link, strict=True)),
        "clear": change.is_clear,
        "faint": then is not None and not change.is_clear,
        "change_text": change.text,
        "interval": change.interval,
        "said": change.said,
        "beside": beside(change),
    }


def _of_wave(wave: str, e: Estimate | None, side: int) -> dict[str, Any]:
    shown = e is not None and not e.is_missing
    low, high = (e.stated or (e.value, e.value)) if e and shown else (None, None)
    toward_larger = side > 0 if e is None or e.cell.measure == "share" else side < 0
    return {
        wave: e.value if e and shown else None,
        f"{wave}_low": low,
        f"{wave}_high": high,
        f"{wave}_is_range": bool(e and shown and e.stated),
        f"{wave}_edge": high if toward_larger else low,
        f"{wave}_side": side,
        f"{wave}_text": e.text if e else "–",
    }


def _link(change: Change) -> tuple[float, float] | None:
    """Return from where to where a line joins the two values: the ends that lie nearest."""
    if change.then is None:
        return None
    then, now = (e.stated or (e.value, e.value) for e in (change.then, change.now))
    if now[0] > then[1]:
        return then[1], now[0]
    return (then[0], now[1]) if now[1] < then[0] else None


def beside(change: Change) -> str:
    """Return what a line shows, in few words: ``up 8``, ``no clear change``, why not compared."""
    if change.reason:
        return change.reason if len(change.reason) <= BESIDE else "not compared"
    if not change.is_clear:
        return change.said
    amounts = dict.fromkeys(
        change.amount(size).lstrip("+")
        for size in sorted(abs(bound) for bound in (change.least or 0.0, change.most or 0.0))
    )
    by = "by " if change.cell.measure == "mean_rank" else ""
    return f"{change.said} {by}{' to '.join(amounts)}"


def tooltips(changes: Changes) -> list[alt.Tooltip]:
    """Return what a mark says under the pointer."""
    titles = {
        "label": "Item",
        "group_label": "Group",
        "then_text": changes.then_name,
        "now_text": changes.now_name,
        "change_text": "Change",
        "interval": "Interval of the change",
        "said": "Verdict",
        "base": f"Base {changes.now_name}",
        "status": "Status",
    }
    if not any(change.now.group_label for change in changes):
        del titles["group_label"]
    return charts.tooltips(**titles)


def describe(kind: str, title: str, changes: Changes) -> str:
    """Return a chart's text alternative: what it is, every value then and now, every verdict."""
    told = [f"{changes.names[change.cell]}: {_told(changes, change)}" for change in changes]
    told += [
        f"{ended.then.label}: {ended.then.text} in {changes.then_name}, {ended.reason}"
        for ended in changes.ended
    ]
    return f"{kind}. {title}. {'; '.join(told)}."


def _told(changes: Changes, change: Change) -> str:
    now = f"{_with_status(change.now)} in {changes.now_name}"
    if change.then is None:
        return f"{now}, {change.said}"
    values = f"{_with_status(change.then)} in {changes.then_name}, {now}"
    return f"{values}, {beside(change)}" if change.verdict else values


def _with_status(e: Estimate) -> str:
    text = "suppressed" if e.is_suppressed else e.text
    return text + {"assumed": " (assumed)", "derived": " (derived)"}.get(e.status, "")


def note(changes: Changes, marks: str) -> str:
    """Return how a chart shows two waves, and what a reader must know of them.

    Parameters
    ----------
    marks
        What tells the waves apart, such as ``DUMBBELLS``; ``{then}`` and ``{now}`` are their names.
    """
    shown = [e for change in changes for e in (change.then, change.now) if e]
    notes = [marks.format(then=changes.then_name, now=changes.now_name)]
    notes += [
        text
        for is_needed, text in (
            (
                any(e.stated for e in shown),
                "An open end or bar marks the range that the source's words allow.",
            ),
            (
                any(e.status == "assumed" for e in shown),
                "Faded: assumed, not stated by the source.",
            ),
            (
                any(e.reliability == "low" for e in shown),
                "Some values rest on few answers: read them with care.",
            ),
            (
                any(e.is_suppressed for e in shown),
                f"{SUPPRESSED} Not shown: too few people answered.",
            ),
        )
        if is_needed
    ]
    return " ".join(
        text for text in (*notes, _reasons(changes), reconstruction_note(changes)) if text
    )


def _reasons(changes: Changes) -> str:
    """Return the reasons that are too long to stand beside a mark."""
    told: dict[str, list[str]] = {}
    for change in changes.not_comparable:
        if len(change.reason) > BESIDE:
            told.setdefault(change.reason, []).append(quoted(changes.names[change.cell]))
    reasons = [f"{wording.join(names)} ({reason})" for reason, names in told.items()]
    return f"Not compared: {'; '.join(reasons)}." if reasons else ""
