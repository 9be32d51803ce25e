"""Charts of two and more waves draw what may be compared, and say in words what they draw."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.two_waves import (
    LABELS,
    about,
    changes,
    grown,
    hidden,
    instrument,
    place,
    ranked,
    trends_of,
)
from wavebook.change_charts import DUMBBELLS, dumbbell_sections, dumbbells
from wavebook.change_frames import describe, note
from wavebook.comparison import Changes
from wavebook.drawn import chart_svg
from wavebook.estimates import Estimate, Estimates
from wavebook.evidence import Cell
from wavebook.figure import Figure, Layers
from wavebook.paired_charts import paired_bars, paired_scales, places
from wavebook.slope_charts import slopes, spread
from wavebook.trend import Trends
from wavebook.trend_charts import describe as describe_trends
from wavebook.trend_charts import note as note_trends
from wavebook.trend_charts import trend_lines

NOW = {"beans": (448, 352), "roses": (400, 400), "kale": (80, 720)}
THEN = {"beans": (480, 520), "roses": (470, 530), "kale": (150, 850)}


def sections(made: Changes) -> Layers:
    return dumbbell_sections({"Heading": made})


def scale_of_nets(made: Changes) -> Layers:
    return paired_scales(made, made)


FORMS: list[Callable[[Changes], Layers]] = [
    dumbbells, sections, paired_bars, scale_of_nets, slopes,
]  # fmt: skip
every_form = pytest.mark.parametrize("form", FORMS)


def texts(chart: Layers) -> list[str]:
    """Return every text in the picture, as the page and the PDF show it."""
    svg = chart_svg(Figure(chart, "What is grown", "").spec())
    return re.findall(r"<(?:text|tspan)[^>]*>([^<]+)<", svg)  # a label of two lines has two spans


def has(chart: Layers, *wanted: str) -> bool:
    words = " | ".join(texts(chart))
    return all(text in words for text in wanted)


def lines(chart: Layers) -> list[dict[str, Any]]:
    """Return the data that a page would carry along for the chart, a line a mark."""
    datasets = chart.to_dict(validate=False)["datasets"]
    return [line for of in datasets.values() for line in of]


def every_kind() -> Changes:
    """Return a clear change, one within noise, a range, a value not compared and one suppressed."""
    rows = LABELS | {"sage": {"label": "Sage", "since": 2015}, "mint": "Mint"}
    now = (
        grown(448, 352), grown(400, 400, "roses"), grown(760, 40, "kale"),
        grown(640, 360, "sage", label="Sage", short="Sage"),
        replace(hidden("mint"), label="Mint", short="Mint"),
    )  # fmt: skip
    then = (
        grown(480, 520), grown(470, 530, "roses"),
        grown(425, 75, "kale", status="stated", stated=(0.8, 0.9)),
        grown(37, 63, "sage"), grown(29, 71, "mint"),
    )  # fmt: skip
    return changes(Estimates(now), Estimates(then), asked=instrument(rows))


@cache
def drawn(form: Callable[[Changes], Layers]) -> tuple[str, str]:
    """Return the texts and the data of a chart of every kind of change."""
    chart = form(every_kind())
    return " | ".join(texts(chart)), json.dumps(lines(chart))


@every_form
def test_both_waves_and_their_values_are_told(form: Callable[[Changes], Layers]) -> None:
    words, _ = drawn(form)
    for told in ("2010", "2026", "Runner bean", "48%", "56%"):
        assert told in words


@every_form
def test_verdicts_stand_in_words_beside_their_marks(form: Callable[[Changes], Layers]) -> None:
    words, _ = drawn(form)
    assert "up 8" in words
    assert "no clear change" in words


@every_form
def test_a_range_is_drawn_from_end_to_end(form: Callable[[Changes], Layers]) -> None:
    words, data = drawn(form)
    assert "80–90%" in words
    assert "up 5 to 15" in words
    assert {"0.8", "0.9"} <= set(re.findall(r"0\.\d+", data))


@every_form
def test_what_is_not_compared_stands_alone_with_the_reason(
    form: Callable[[Changes], Layers],
) -> None:
    words, data = drawn(form)
    assert "64%" in words
    assert "did not exist in 2010" in words
    assert not re.search(r"37%|0\.37\D", words + data)


@every_form
def test_of_a_suppressed_value_there_is_no_number(form: Callable[[Changes], Layers]) -> None:
    words, data = drawn(form)
    assert not re.search(r"29%|0\.29\D", words + data)
    assert form is slopes or "*" in words


@every_form
def test_where_all_is_suppressed_there_is_still_a_picture(
    form: Callable[[Changes], Layers],
) -> None:
    chart = form(changes(Estimates((hidden(),)), Estimates((grown(37, 63),))))
    assert not any("%" in text for text in texts(chart) if text not in AXIS)


AXIS = {"0%", "25%", "50%", "75%", "100%"}


@pytest.mark.parametrize("form", [dumbbells, paired_bars, slopes])
def test_twenty_rows_with_long_labels_are_all_named(form: Callable[[Changes], Layers]) -> None:
    rows = {f"row_{chr(97 + at)}": f"Plant {at} of which the name is long" for at in range(20)}
    made = Estimates(
        tuple(
            grown(30 + 2 * at, 70, row, label=label, short=label[:24])
            for at, (row, label) in enumerate(rows.items())
        )
    )
    chart = form(changes(made, made, asked=instrument(rows)))
    assert has(chart, *(label[:24] for label in rows.values()))


def marks(chart: Layers, mark: str) -> list[dict[str, Any]]:
    layers = chart.to_dict()["layer"]
    return [layer for layer in layers if layer["mark"]["type"] == mark]


def test_the_earlier_mark_is_hollow_and_the_larger() -> None:
    then, now, _ = marks(dumbbells(changes(NOW, THEN)), "point")
    scale = then["encoding"]["fill"]["scale"]
    assert (scale["domain"], scale["range"][0]) == (["2010", "2026"], "white")
    assert then["mark"]["size"] > now["mark"]["size"]


def test_a_clear_change_is_thick_and_another_grey() -> None:
    chart = dumbbells(changes(NOW, THEN))
    widths = marks(chart, "rule")[0]["encoding"]["strokeWidth"]
    assert widths["condition"]["value"] > widths["value"]
    of = {line["row"]: line for line in lines(chart)}
    assert [of[row]["clear"] for row in NOW] == [True, False, True]
    assert of["beans"]["colour"] == of["kale"]["colour"] != of["roses"]["colour"]


def by_group(row: str, group: str, yes: int) -> Estimate:
    e = grown(yes, 200 - yes, row)
    return replace(e, cell=e.cell._replace(group=f"site={group}"), group_label=group.capitalize())


def test_groups_have_lanes_with_a_shape_each() -> None:
    def wave(more: int) -> Estimates:
        return Estimates(
            tuple(
                by_group(row, group, yes + more)
                for row, group, yes in (
                    ("beans", "north", 40), ("beans", "south", 60), ("kale", "north", 80),
                    ("kale", "south", 100),
                )
            )
        )  # fmt: skip

    chart = dumbbells(changes(wave(60), wave(0)))
    assert marks(chart, "point")[0]["encoding"]["shape"]["scale"] == {
        "domain": ["North", "South"],
        "range": ["circle", "diamond"],
    }
    assert has(chart, "North", "South", "20%", "50%", "up 30")


def test_better_mean_ranks_lie_to_the_right() -> None:
    now, then = Estimates((ranked(1.8),)), Estimates((ranked(2.4),))
    chart = dumbbells(changes(now, then))
    assert marks(chart, "rule")[0]["encoding"]["x"]["scale"]["reverse"] is True
    assert has(chart, "ranked higher by 0.6", "Mean rank (1 = first)")


@pytest.mark.parametrize(("sort", "first"), [(True, "Roses"), (False, "Runner bean")])
def test_lines_stand_in_the_order_given_or_by_size(sort: bool, first: str) -> None:
    made = changes({"beans": (10, 90), "roses": (90, 10)}, {})
    for form in (dumbbells, paired_bars):
        drawn = [text for text in texts(form(made, sort=sort)) if text in ("Roses", "Runner bean")]
        assert drawn[0] == first


# Scales: options of a row add up to 1


def wave_of_scales(plenty: int, status: str = "measured") -> Estimates:
    shares = {"plenty": plenty, "some": 100 - plenty, "none_at_all": 100}
    options = tuple(
        replace(
            grown(n, 200 - n),
            cell=grown(1, 1).cell._replace(option=option),
            option_label=option,
            status=status,
        )
        for option, n in shares.items()
    )
    net = grown(100 + plenty // 10, 100 - plenty // 10)
    return Estimates((*options, replace(net, cell=net.cell._replace(option="grown"))))


def scale(then_status: str) -> Layers:
    options = {code: code for code in ("plenty", "some", "none_at_all")}
    asked = instrument(options=options, nets={"grown": {"label": "G", "options": ["plenty"]}})
    then = wave_of_scales(20, then_status)
    known = replace(then.values[-1], status="stated")
    then = Estimates((*then.values[:-1], known))
    made = changes(wave_of_scales(60), then, asked=asked)
    return paired_scales(made.only(option=list(options)), made.only(option="grown"))


def segments(chart: Layers) -> list[tuple[str, float, float]]:
    return [
        (line["wave"], round(line["from"], 3), round(line["to"], 3))
        for line in lines(chart)
        if "from" in line
    ]


def test_the_answers_of_both_waves_are_stacked() -> None:
    assert segments(scale("stated")) == [
        ("then", 0.0, 0.1), ("then", 0.1, 0.5), ("then", 0.5, 1.0),
        ("now", 0.0, 0.3), ("now", 0.3, 0.5), ("now", 0.5, 1.0),
    ]  # fmt: skip


def test_where_the_earlier_split_is_assumed_only_its_net_is_drawn() -> None:
    chart = scale("assumed")
    assert {wave for wave, _, _ in segments(chart)} == {"now"}
    nets = [line for line in lines(chart) if "alone" in line]
    assert {(line["wave"], line["alone"]) for line in nets} == {("then", True), ("now", False)}
    assert has(chart, "2010: 51%", "2026: 53%")


# Places


def test_a_matrix_of_places_holds_those_before() -> None:
    now = Estimates((place(1), place(2, "kale", tied=True))).named("All")
    then = Estimates((place(3), place(1, "roses")))
    assert has(places(changes(now, then)), "was 3", "2=")
    assert not has(places(changes(now, then)), "was 1")


def test_places_are_drawn_without_a_verdict() -> None:
    now, then = (Estimates((place(a), place(b, "kale"))) for a, b in ((1, 2), (2, 1)))
    chart = slopes(changes(now, then))
    assert has(chart, "1  Runner bean", "2  Kale")
    assert not has(chart, "clear")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12), st.floats(0.01, 100))
def test_labels_stand_apart_and_in_order(values: list[float], gap: float) -> None:
    made = spread(pd.DataFrame({"value": values}), gap)
    assert list(made["value"]) == sorted(values)
    assert (made["label_at"].diff().dropna() >= gap * (1 - 1e-6) - 1e-9).all()
    assert made["label_at"].mean() == pytest.approx(made["value"].mean(), abs=1e-6)


def test_labels_that_are_apart_stay_where_they_are() -> None:
    made = spread(pd.DataFrame({"value": [0.1, 0.9, 0.5]}), 0.2)
    assert list(made["label_at"]) == pytest.approx([0.1, 0.5, 0.9])


# Words


def test_the_text_alternative_tells_then_now_and_the_verdict() -> None:
    assert describe("Dumbbell chart", "What is grown", changes(NOW, THEN)) == (
        "Dumbbell chart. What is grown. "
        "Runner bean: 48% in 2010, 56% in 2026, up 8; "
        "Roses: 47% in 2010, 50% in 2026, no clear change; "
        "Kale: 15% in 2010, 10% in 2026, down 5."
    )


def test_the_text_alternative_names_what_is_not_compared() -> None:
    made = changes(Estimates((hidden(), grown(5, 5, "kale"))), Estimates((grown(37, 63),)))
    assert describe("Dumbbell chart", "T", made) == (
        "Dumbbell chart. T. "
        "Runner bean: suppressed in 2026, not compared: too few answered in 2026; "
        "Kale: 50% in 2026, not compared: not asked in 2010."
    )


def test_the_note_says_which_mark_is_which_and_what_else_there_is() -> None:
    then = Estimates((grown(425, 75, status="stated", stated=(0.8, 0.9)),))
    now = Estimates((grown(760, 40), hidden("kale")))
    assert note(changes(now, then, then_is="reconstruction"), DUMBBELLS) == (
        "Hollow: 2010; solid: 2026. Thick lines are clear changes, with their size; grey ones show "
        "no clear change. An open end or bar marks the range that the source's words allow. "
        "* Not shown: too few people answered. "
        "The values for 2010 are a reconstruction of what was published."
    )


def test_a_reason_too_long_for_the_chart_stands_in_the_note() -> None:
    reason = {"since": 2024, "reason": "the list of plants was read out"}
    asked = instrument(LABELS | {"kale": {"label": "Kale", "changed": [reason]}})
    made = changes(NOW, THEN, asked=asked)
    assert not has(dumbbells(made), "read out")
    assert note(made, DUMBBELLS).endswith(
        "Not compared: ‘Kale’ (changed in 2024: the list of plants was read out)."
    )


def test_a_reason_that_many_share_stands_in_the_note() -> None:
    rows = {f"row_{letter}": letter for letter in "abcd"}
    made = changes(dict.fromkeys(rows, (50, 50)) | NOW, THEN, asked=instrument(LABELS | rows))
    assert not has(dumbbells(made), "not asked")
    assert note(made, DUMBBELLS).endswith("Not compared: four values (not asked in 2010).")


def test_where_nothing_is_compared_the_note_says_why_and_no_more() -> None:
    assert note(changes(NOW, {}), DUMBBELLS) == (
        "No comparison with 2010 is possible: not asked in 2010."
    )


# Three waves


def through(rows: dict[str, tuple[int, ...]], **told: Any) -> Trends:
    series = [
        (
            about(year, status=told.get("first", "measured") if at == 0 else "measured"),
            Estimates(tuple(grown(n[at], 1000 - n[at], row) for row, n in rows.items())),
        )
        for at, year in enumerate((2010, 2018, 2026))
    ]
    return trends_of(series, told.get("asked"))


def test_a_trend_names_its_line_at_the_end() -> None:
    chart = trend_lines(through({"beans": (480, 600, 610)}))
    assert has(chart, "61%  Runner bean, up 13 since 2010", "2010", "2018", "2026")


def test_a_line_is_broken_where_answers_cannot_be_compared() -> None:
    made = through({"beans": (480, 600, 610)}, asked=instrument(changed=[2015]))
    assert [line["segment"] for line in lines(trend_lines(made))] == ["0.0", "0.1", "0.1"]
    assert note_trends(made).endswith("Broken: ‘Runner bean’ (the wording changed in 2015).")


def test_a_trend_has_bands_of_the_intervals() -> None:
    made = through({"beans": (480, 600, 610)})
    assert [(line["least"], line["greatest"]) for line in lines(trend_lines(made))] == [
        (e.low, e.high) for e in made.values[0].values
    ]


def test_many_trends_have_a_small_chart_each() -> None:
    rows = {f"row_{letter}": (480, 600, 610) for letter in "abcdef"}
    chart = trend_lines(through(rows, asked=instrument({row: row for row in rows})))
    assert chart.to_dict(validate=False)["columns"] == 3
    assert has(chart, *rows, "up 13 since 2010")


def test_trends_of_groups_are_told_apart() -> None:
    made = trends_of(
        [
            (
                about(year),
                Estimates(
                    tuple(
                        grown(yes, 1000 - yes, group_label=group, cell=cell)
                        for group, yes, cell in (
                            ("North", 480 + at, Cell("grows", "beans", "yes", "site=north")),
                            ("South", 500 + at, Cell("grows", "beans", "yes", "site=south")),
                        )
                    )
                ),
            )
            for at, year in enumerate((2010, 2018, 2026))
        ]
    )
    assert has(trend_lines(made), "48%  North, no clear", "50%  South, no clear")
    told = describe_trends("Lines", "T", made)
    assert "; South: 50% in 2010" in told
    many = replace(made, values=made.values * 3)
    assert {line["heading"].split("|")[0] for line in lines(trend_lines(many))} == {
        "North",
        "South",
    }


def test_the_text_alternative_of_a_trend_tells_every_wave() -> None:
    made = through({"beans": (480, 600, 610)}, first="reconstruction")
    assert describe_trends("Line chart", "T", made) == (
        "Line chart. T. Runner bean: 48% in 2010, 60% in 2018, 61% in 2026, up 13 since 2010."
    )
    assert note_trends(made).endswith(
        "The values for 2010 are a reconstruction of what was published."
    )


@every_form
def test_nothing_to_compare_makes_an_empty_chart(form: Callable[[Changes], Layers]) -> None:
    assert "datasets" not in form(changes({}, {})).to_dict()


def test_no_trend_makes_an_empty_chart() -> None:
    assert "datasets" not in trend_lines(through({})).to_dict()
