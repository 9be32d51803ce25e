"""What charts of two waves are made of: values with their ends, words beside them, notes, tooltips.

A text alternative tells every value then and now, and every verdict; a note says how the chart
marks them and what it could not compare.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import altair as alt
import pandas as pd

from wavebook import charts
from wavebook.change_prose import NAMED, grouped, no_comparison, reconstruction_note
from wavebook.comparison import Changes
from wavebook.differences import PLACES, Change
from wavebook.estimates import SUPPRESSED, Estimate
from wavebook.wording import quoted

NUMBERS = ("", "_low", "_high", "_least", "_greatest", "_edge", "_base")
WORDS = ("_text", "_side", "_is_range")
LINK = ("link_from", "link_to")
UNCLEAR = "#87939b"  # of a change that is within noise: lighter than ACCENT in grey print as well
RANGES = "An open end or bar marks the range that the source's words allow."
FEW = "Some values rest on few answers: read them with care."
PLOT = 350  # pixels of the scale: less than a single wave's, for the words beside it
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
    data = data.drop(columns=["low", "high", "value", "is_range", "base"]).join(drawn)
    numbers = [f"{wave}{end}" for wave in ("now", "then") for end in NUMBERS]
    data[[*numbers, *LINK]] = data[[*numbers, *LINK]].astype(float)
    in_note = _in_note(changes)
    data["beside"] = ["" if c.reason in in_note else beside(c) for c in changes]
    return data


def by_wave(data: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Return a frame of changes with a line for each wave, the earlier one first.

    The columns of each wave, such as ``then_low`` and ``now_low``, become one: ``low``; ``value``
    is the value itself, and ``wave`` and ``wave_name`` say whose.
    """
    columns = [str(column) for column in data]
    parts = []
    for wave, name in (("then", changes.then_name), ("now", changes.now_name)):
        own = {f"{wave}{end}": end.lstrip("_") or "value" for end in (*NUMBERS, *WORDS)}
        others = [c for c in columns if c.startswith(("then", "now")) and c not in own]
        parts.append(
            data.drop(columns=others).rename(columns=own).assign(wave=wave, wave_name=name)
        )
    return pd.concat(parts, ignore_index=True)


def _ends(change: Change) -> dict[str, Any]:
    now, then = change.now, change.then
    is_left = then is not None and then.value > now.value
    flips = change.cell.measure in ("mean_rank", PLACES)  # on scales that run from right to left
    side = (-1 if is_left != flips else 1) if then else 1
    made = {
        **_of_wave("now", now),
        **_of_wave("then", then),
        **dict(zip(LINK, _link(change) or (None, None), strict=True)),
        "now_side": side,
        "then_side": -side,
        "clear": change.is_clear,
        "faint": change.verdict == "no clear change",
        "change_text": change.text,
        "interval": change.interval,
        "said": change.said,
    }
    # Words stand outside of both marks, which overlap where one is a range.
    lows, highs = (
        [made[f"{wave}_{end}"] for wave in ("now", "then") if made[wave] is not None]
        for end in ("low", "high")
    )
    for wave in ("now", "then"):
        is_upper = (made[f"{wave}_side"] > 0) != flips
        made[f"{wave}_edge"] = (max(highs) if is_upper else min(lows)) if lows else None
    return made


def _of_wave(wave: str, e: Estimate | None) -> dict[str, Any]:
    shown = e is not None and not e.is_missing
    low, high = (e.stated or (e.value, e.value)) if e and shown else (None, None)
    sure = e is not None and e.stated is None and e.status != "assumed"
    return {
        wave: e.value if e and shown else None,
        f"{wave}_low": low,
        f"{wave}_high": high,
        f"{wave}_least": e.low if e and sure else None,
        f"{wave}_greatest": e.high if e and sure else None,
        f"{wave}_base": e.base if e and shown else None,
        f"{wave}_is_range": bool(e and shown and e.stated),
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
    if change.reason or not change.is_clear:
        return change.reason or change.said
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
        "then_base": f"Base {changes.then_name}",
        "now_base": f"Base {changes.now_name}",
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
        What tells the waves apart, such as `wavebook.change_charts.DUMBBELLS`; ``{then}``
        and ``{now}`` in it stand for their names.
    """
    shown = [e for change in changes for e in (change.then, change.now) if e]
    conditional = {
        RANGES: any(e.stated for e in shown),
        "Faded: assumed, not stated by the source.": any(e.status == "assumed" for e in shown),
        FEW: any(e.reliability == "low" for e in shown),
        f"{SUPPRESSED} Not shown: too few people answered.": any(e.is_suppressed for e in shown),
    }
    lead = marks.format(then=changes.then_name, now=changes.now_name)
    notes = [
        lead if changes.has_comparison else no_comparison(changes),
        *(text for text, is_needed in conditional.items() if is_needed),
        _not_compared(changes),
        reconstruction_note(changes),
    ]
    return " ".join(text for text in notes if text)


def _in_note(changes: Changes) -> set[str]:
    """Return the reasons that stand in the note: too long for their marks, or shared by many."""
    counts = Counter(change.reason for change in changes.not_comparable)
    return {reason for reason, n in counts.items() if n > NAMED or len(reason) > BESIDE}


def _not_compared(changes: Changes) -> str:
    """Return what is not compared for a reason that stands in the note alone."""
    in_note = _in_note(changes)
    named: dict[str, list[str]] = {}
    for change in changes.not_comparable:
        if change.reason in in_note:
            named.setdefault(change.reason, []).append(quoted(changes.names[change.cell]))
    return f"Not compared: {grouped(named)}." if named and changes.has_comparison else ""
