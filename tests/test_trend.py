"""Three waves: steps, the whole way, and where they cannot be compared."""

from __future__ import annotations

import pytest

from tests.two_waves import LABELS, about, grown, hidden, instrument, trends_of
from wavebook.errors import WavebookError
from wavebook.estimates import Estimates
from wavebook.instrument import Instrument
from wavebook.trend import Trend, Trends, trend_sentence

YEARS = (2010, 2018, 2026)


def through(*waves: dict[str, tuple[int, int]], asked: Instrument | None = None) -> Trends:
    series = [
        (about(year), Estimates(tuple(grown(*n, row) for row, n in counts.items())))
        for year, counts in zip(YEARS, waves, strict=True)
    ]
    return trends_of(series, asked)


def beans(*counts: tuple[int, int], **told: object) -> Trend:
    (trend,) = through(*({"beans": one} for one in counts), **told)
    return trend


def verdicts(trend: Trend) -> list[str | None]:
    return [step.change.verdict for step in trend.steps]


def test_each_step_and_the_whole_way_have_a_verdict() -> None:
    trend = beans((480, 520), (600, 400), (610, 390))
    assert verdicts(trend) == ["up", "no clear change"]
    assert trend.overall.change.verdict == "up"
    assert trend.overall.change.change == pytest.approx(0.13)


def test_small_steps_may_add_up_to_a_clear_change() -> None:
    trend = beans((480, 520), (515, 485), (550, 450))
    assert verdicts(trend) == ["no clear change", "no clear change"]
    assert trend.overall.change.verdict == "up"


def test_verdicts_of_steps_allow_for_the_number_of_steps() -> None:
    trend = beans((480, 520), (530, 470), (530, 470))
    first = trend.steps[0].change
    assert first.p_adjusted == pytest.approx(2 * first.p)


def test_a_wave_that_did_not_ask_is_stepped_over() -> None:
    (trend,) = through({"beans": (480, 520)}, {}, {"beans": (600, 400)})
    assert [(step.start, step.end) for step in trend.steps] == [(0, 2)]
    assert trend.values[1] is None


def test_a_break_parts_the_trend() -> None:
    asked = instrument(changed=[2015])
    trend = beans((480, 520), (600, 400), (610, 390), asked=asked)
    assert [step.change.reason for step in trend.steps] == ["the wording changed in 2015", ""]
    assert (trend.overall.start, trend.overall.end) == (1, 2)


def test_hidden_and_assumed_values_are_in_no_trend() -> None:
    series = [
        (about(2010), Estimates((grown(5, 5, status="assumed"),))),
        (about(2018), Estimates((hidden(),))),
        (about(2026), Estimates((grown(5, 5),))),
    ]
    (trend,) = trends_of(series)
    assert (trend.values[:2], trend.steps, trend.overall) == ((None, None), (), None)


def test_waves_in_the_wrong_order_are_refused() -> None:
    series = [(about(year), Estimates(())) for year in (2026, 2010)]
    with pytest.raises(WavebookError, match="2010 was before 2026; expected the earliest first"):
        trends_of(series)


def test_the_sentence_tells_the_whole_way_and_the_clear_steps() -> None:
    made = through(
        {"beans": (480, 520), "kale": (50, 950)},
        {"beans": (600, 400), "kale": (50, 950)},
        {"beans": (610, 390), "kale": (50, 950)},
    )
    assert trend_sentence(made, "growing") == (
        "Compared with 2010, growing rose for ‘Runner bean’ by 13 percentage points, from 48% to "
        "61% (95% interval of the change +9 to +17). There is no clear change for ‘Kale’. "
        "From wave to wave, ‘Runner bean’ rose between 2010 and 2018 (48% to 60%)."
    )


def test_a_way_that_is_clear_in_steps_that_are_not_says_so() -> None:
    made = through({"beans": (480, 520)}, {"beans": (515, 485)}, {"beans": (550, 450)})
    assert trend_sentence(made).endswith("No single step from wave to wave is clear by itself.")


def test_items_are_compared_with_the_first_wave_that_has_them() -> None:
    asked = instrument(LABELS | {"kale": {"label": "Kale", "since": 2012}})
    counts = {"beans": (50, 50), "kale": (50, 50)}
    made = through({"beans": (50, 50)}, counts, counts, asked=asked)
    assert [changes.then_name for changes in made.overall] == ["2010", "2018"]


def test_a_trend_without_any_comparison_says_so() -> None:
    made = through({}, {}, {"beans": (50, 50)})
    assert trend_sentence(made) == "No earlier wave can be compared with 2026."
