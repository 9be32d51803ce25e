"""What changed between waves is told as surely as it is known, and no more surely."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.two_waves import (
    LABELS,
    Counts,
    about,
    changes,
    grown,
    hidden,
    instrument,
    place,
    ranked,
    table,
)
from wavebook.change import between_waves
from wavebook.comparison import Change, Changes, Grounds, compare
from wavebook.errors import WavebookError
from wavebook.estimates import Estimates

laws = settings(max_examples=20, deadline=None)
counts = st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(lambda pair: sum(pair) >= 2)
pairs = st.tuples(counts, counts)
OPPOSITE = {"up": "down", "down": "up", "no clear change": "no clear change"}


def one(now: tuple[int, int], then: tuple[int, int]) -> Change:
    return changes({"beans": now}, {"beans": then})["beans"]


def ranged(now: tuple[int, int], then: tuple[int, int], low: float, high: float) -> Change:
    told = grown(*then, status="stated", stated=(low, high))
    return changes(Estimates((grown(*now),)), Estimates((told,)))["beans"]


# One value


def test_a_change_has_the_interval_and_p_value_of_welch_s_test() -> None:
    # R: t.test(rep(c(1, 0), c(448, 352)), rep(c(1, 0), c(480, 520)))
    change = one((448, 352), (480, 520))
    assert change.change == pytest.approx(0.08)
    assert (change.low, change.high, change.p) == pytest.approx(
        (0.03365925264072, 0.1263407473593, 0.0007253019222308), rel=1e-9
    )
    assert change.verdict == "up"


def test_verdicts_allow_for_how_many_values_are_compared() -> None:
    # R: p.adjust(p, "holm") of three such tests
    made = changes(
        {"beans": (448, 352), "roses": (400, 400), "kale": (80, 720)},
        {"beans": (480, 520), "roses": (470, 530), "kale": (150, 850)},
    )
    assert [change.p_adjusted for change in made] == pytest.approx(
        [0.002175905766693, 0.205970861778921, 0.002558713119468], rel=1e-9
    )
    assert [change.verdict for change in made] == ["up", "no clear change", "down"]


def test_verdicts_stay_what_they_were_among_all() -> None:
    many = changes(dict.fromkeys(LABELS, (60, 40)), dict.fromkeys(LABELS, (45, 55)))
    assert one((60, 40), (45, 55)).verdict == "up"
    assert many.only(row="beans")["beans"].verdict == "no clear change"


PLANTS = Estimates((grown(6, 4), grown(7, 3, "roses")), (grown(1, 9, "kale"),))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"row": "bean"}, r"only\(row='bean'\): .* \(beans, kale, roses\); did you mean 'beans'\?"),
        ({"row": ["roses", "leeks"]}, r"only\(row='leeks'\)"),
        ({"option": "no"}, r"only\(option='no'\): no value has that option \(yes\)"),
        ({"group": "site=north"}, r"only\(group='site=north'\)"),
        ({"measure": "rank"}, r"only\(measure='rank'\)"),
    ],
)
def test_values_are_not_chosen_by_a_code_that_none_has(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(WavebookError, match=said):
        PLANTS.only(**asked)


def test_a_value_that_is_absent_may_be_chosen_by_its_code() -> None:
    assert len(PLANTS.only(row="kale")) == 0
    assert PLANTS.only(row="kale")["kale"].value == 0.1


def test_no_values_are_chosen_from_none() -> None:
    assert len(Estimates(()).only(option="yes")) == 0


@laws
@given(pairs)
def test_a_verdict_is_that_of_change_between_waves(pair: tuple[tuple[int, int], ...]) -> None:
    ours, theirs = one(*pair), between_waves(table(*pair[0]), table(*pair[1])).iloc[0]
    assert (ours.low, ours.high, ours.p) == pytest.approx(
        (theirs["low"], theirs["high"], theirs["p"]), rel=1e-9, nan_ok=True
    )
    assert ours.verdict == theirs["verdict"]


@laws
@given(pairs)
def test_swapping_the_waves_turns_the_change_round(pair: tuple[tuple[int, int], ...]) -> None:
    there, back = one(*pair), one(*reversed(pair))
    assert there.change == -back.change
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), nan_ok=True)
    assert there.verdict == OPPOSITE[back.verdict]


@laws
@given(counts)
def test_the_same_answers_twice_are_no_change(answers: tuple[int, int]) -> None:
    change = one(answers, answers)
    assert (change.change, change.verdict) == (0, "no clear change")


@laws
@given(st.integers(2, 40), st.integers(2, 40))
def test_the_same_share_of_more_people_is_no_change(yes: int, no: int) -> None:
    assert one((yes, no), (50 * yes, 50 * no)).verdict == "no clear change"


@laws
@given(pairs)
def test_a_clear_change_has_an_interval_without_zero(pair: tuple[tuple[int, int], ...]) -> None:
    change = one(*pair)
    assert change.is_clear == (change.low > 0 or change.high < 0) or math.isnan(change.low)


@laws
@given(pairs, st.floats(-5, 5))
def test_adding_a_constant_to_both_waves_changes_no_verdict(
    pair: tuple[tuple[int, int], ...], constant: float
) -> None:
    def moved(by: float) -> Change:
        now, then = (ranks(*one, by=by) for one in pair)
        return changes(Estimates((now,)), Estimates((then,)))["beans"]

    assert moved(constant).p == pytest.approx(moved(0).p, rel=1e-6, nan_ok=True)


def ranks(yes: int, no: int, by: float = 0.0):
    e = grown(yes, no)
    return replace(e, cell=e.cell._replace(measure="mean_rank", option=""), value=e.value + by)


def test_all_of_nine_after_none_of_eight_is_not_certain() -> None:
    assert one((9, 0), (0, 8)).se > 0.1


# A value that words state as a range


def test_the_change_from_a_range_is_a_range() -> None:
    change = ranged((760, 40), (425, 75), 0.8, 0.9)
    assert (change.least, change.most) == pytest.approx((0.05, 0.15))
    assert change.change is None


def test_its_verdict_and_interval_hold_wherever_the_value_lies() -> None:
    # R: t.test(rep(c(1, 0), c(760, 40)), rep(c(1, 0), c(450, 50))) for p and the lower limit,
    # with c(400, 100) as the second for the upper limit
    change = ranged((760, 40), (425, 75), 0.8, 0.9)
    assert (change.low, change.high, change.p) == pytest.approx(
        (0.01960385457621, 0.1882787775147, 0.001292344965192), rel=1e-3
    )
    assert change.verdict == "up"


def test_the_interval_of_a_fall_from_a_range_reaches_as_far_as_the_range_does() -> None:
    # R: t.test(rep(c(1, 0), c(250, 250)), rep(c(1, 0), c(450, 50))) for the lower limit.
    change = ranged((250, 250), (425, 75), 0.8, 0.9)
    assert change.low == pytest.approx(-0.4512366924677, rel=1e-3)


def test_a_range_up_to_all_has_the_standard_error_of_its_nearest_share() -> None:
    # p (1 − p) / (n − 1) of 90% of 20 and of 50% of 500.
    change = ranged((250, 250), (20, 0), 0.9, 1.0)
    assert change.se == pytest.approx(math.hypot((0.09 / 19) ** 0.5, (0.25 / 499) ** 0.5))


def test_without_degrees_of_freedom_those_of_a_simple_sample_are_taken() -> None:
    now, then = (Estimates((grown(*n, df=None),)) for n in ((6, 4), (3, 9)))
    assert changes(now, then)["beans"].p == pytest.approx(one((6, 4), (3, 9)).p)


def test_a_range_of_changes_from_none_on_is_told_as_a_range() -> None:
    assert ranged((250, 250), (225, 275), 0.4, 0.5).text == "0 to +10"


def test_a_value_within_the_range_has_not_changed() -> None:
    change = ranged((850, 150), (425, 75), 0.8, 0.9)
    assert (change.p, change.verdict) == (1, "no clear change")


@laws
@given(pairs, st.floats(0, 1), st.floats(0, 1))
def test_no_value_of_a_range_would_make_a_verdict_weaker(
    pair: tuple[tuple[int, int], ...], one_end: float, inside: float
) -> None:
    now, then = pair
    value = then[0] / sum(then)
    low, high = sorted((value, one_end))
    there = low + inside * (high - low)
    whole, at = ranged(now, then, low, high), ranged(now, then, there, there)
    assert not (whole.p < at.p * (1 - 1e-6))
    assert whole.verdict in (at.verdict, "no clear change")


def test_two_ranges_that_touch_have_not_changed() -> None:
    now = grown(85, 15, stated=(0.8, 0.9))
    then = grown(75, 25, stated=(0.7, 0.8))
    change = changes(Estimates((now,)), Estimates((then,)))["beans"]
    assert (round(change.least, 9), round(change.most, 9), change.p) == (0, 0.2, 1)


# What is not compared


def reason(now: Estimates, then: Estimates, **told: object) -> str:
    change = changes(now, then, **told)["beans"]
    assert change == Change(now["beans"], reason=change.reason)  # nothing else is told
    return change.reason


BEANS = Estimates((grown(50, 50),))


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        (BEANS, Estimates(()), "not asked in 2010"),
        (BEANS, Estimates((hidden(),)), "too few answered in 2010"),
        (Estimates((hidden(),)), BEANS, "too few answered in 2026"),
        (BEANS, Estimates((grown(50, 50, status="assumed"),)), "not published in 2010"),
        (Estimates((grown(50, 50, status="assumed"),)), BEANS, "not published in 2026"),
        (BEANS, Estimates((grown(50, 50, value=math.nan, base=0),)), "nobody was asked in 2010"),
    ],
)
def test_a_value_without_a_counterpart_says_why(now: Estimates, then: Estimates, said: str) -> None:
    assert reason(now, then) == said


def test_what_the_instrument_says_differs_is_not_compared() -> None:
    asked = instrument(changed=[2024])
    assert reason(BEANS, BEANS, asked=asked) == "the wording changed in 2024"


def test_what_is_not_compared_does_not_count_among_the_comparisons() -> None:
    now: Counts = {"beans": (60, 40), "roses": (50, 50)}
    made = changes(now, {"beans": (45, 55)})
    assert made["beans"].p_adjusted == made["beans"].p


def test_what_is_not_asked_any_more_is_named() -> None:
    made = changes({"beans": (50, 50)}, {"beans": (50, 50), "kale": (20, 80)})
    assert [(ended.then.label, ended.reason) for ended in made.ended] == [
        ("Kale", "not asked in 2026")
    ]


def test_what_ended_stands_with_values_of_its_kind() -> None:
    now = Estimates((ranked(2.0), place(1)))
    then = Estimates((ranked(1.0), place(1), ranked(2.0, "kale"), place(2, "kale")))
    ended = changes(now, then).only(measure="rank").ended
    assert [one.then.cell.measure for one in ended] == ["rank"]


def test_what_is_hidden_or_assumed_is_not_named_as_ended() -> None:
    then = Estimates((hidden("kale"), grown(5, 5, "leeks", status="assumed")))
    assert changes(BEANS, then).ended == ()


def test_a_place_is_compared_without_a_verdict() -> None:
    now, then = (
        Estimates((replace(e, cell=e.cell._replace(measure="rank"), value=value, se=None),))
        for e, value in ((grown(5, 5), 1.0), (grown(5, 5), 3.0))
    )
    change = changes(now, then)["beans"]
    assert (change.change, change.verdict, change.p) == (-2, None, None)


def test_how_many_were_asked_is_not_compared() -> None:
    counted = Estimates((replace(grown(5, 5), cell=grown(5, 5).cell._replace(measure="count")),))
    assert len(changes(counted, counted)) == 0


def test_waves_of_one_year_are_named_by_their_ids() -> None:
    waves = about(2026), about(2026, id="2026-pilot")
    made = compare(BEANS, Estimates(()), Grounds(instrument(), waves))
    assert made["beans"].reason == "not asked in 2026-pilot"


def test_changes_follow_values_in_their_order_and_with_their_labels() -> None:
    made = changes({"beans": (5, 5), "kale": (5, 5)}, {"beans": (5, 5)})
    shown = Estimates((grown(5, 5, "kale"), grown(5, 5, "beans"))).named("Everyone")
    among: Changes = made.among(shown)
    assert [(c.now.group_label, c.cell.row) for c in among] == [
        ("Everyone", "kale"),
        ("Everyone", "beans"),
    ]
    assert among["beans"].p == made["beans"].p


def test_a_reconstruction_is_named() -> None:
    made = changes(BEANS, BEANS, then_is="reconstruction")
    assert made.reconstructed == ("2010",)
