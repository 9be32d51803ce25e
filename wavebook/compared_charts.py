"""The form in which a chart of one wave shows earlier waves too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wavebook import change_frames, trend_charts
from wavebook.change_charts import DUMBBELLS, dumbbell_sections, dumbbells
from wavebook.estimates import Estimates
from wavebook.figure import Drawing, Figure, Layers
from wavebook.history import History
from wavebook.paired_charts import PAIRS, PLACES, paired_bars, paired_scales, places
from wavebook.slope_charts import SLOPES, slopes
from wavebook.trend_charts import trend_lines

FEW = 3  # so many values or fewer are told best by the slopes of their lines


def compared(
    history: History, drawing: Drawing, shown: Estimates, title: str
) -> tuple[Layers, str, str] | None:
    """Return a chart of the waves in place of one, its text alternative and its note.

    Parameters
    ----------
    drawing
        What the chart of one wave is made of.
    shown
        The values that its text alternative tells.

    Returns
    -------
    tuple or None
        None where nothing is compared.
    """
    if len(history.earlier) > 1:
        through = history.trends(shown)
        if not len(through):
            return None
        alternative = trend_charts.describe("Trend lines", title, through)
        return trend_lines(through), alternative, trend_charts.note(through)
    changes = history.changes(shown)
    if not changes.has_comparison:
        return None
    chart, kind, marks = _of_two(history, drawing)
    told = change_frames.describe(kind, title, changes)
    return chart, told, change_frames.note(changes, marks)


def _of_two(history: History, drawing: Drawing) -> tuple[Layers, str, str]:
    """Return the chart of two waves, its form in words, and what tells the waves apart."""
    first, options = drawing.values[0], dict(drawing.options)
    if isinstance(first, Mapping):
        panels = {heading: history.changes(values) for heading, values in first.items()}
        return dumbbell_sections(panels), "Dumbbells under headings", DUMBBELLS
    changes = history.changes(first)
    match drawing.form:
        case "bars" if options.get("group"):
            return paired_bars(changes, **options), "Pairs of bars", PAIRS
        case "bars" if len(changes) <= FEW:
            return slopes(changes), "Slope chart", SLOPES
        case "scale":
            nets = history.changes(drawing.values[1])
            return paired_scales(changes, nets), "Pairs of stacked bars", PAIRS
        case "ranks":
            return places(changes), "Matrix of places", PLACES
    return dumbbells(changes, sort=bool(options.get("sort"))), "Dumbbell chart", DUMBBELLS


def figure_of_waves(
    history: History, drawing: Drawing, shown: Estimates, *, title: str, number: str, note: str
) -> Figure | None:
    """Return a numbered figure of all waves; None where nothing is compared."""
    made: Any = compared(history, drawing, shown, title)
    if made is None:
        return None
    chart, alternative, marks = made
    return Figure(chart, title, alternative, number, " ".join(filter(None, (note, marks))))
