"""A sentence on change says what is clear, and of the rest that it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.two_waves import LABELS, about, changes, grown, hidden, instrument, place, ranked
from wavebook.change_prose import sentence
from wavebook.comparison import Grounds, compare
from wavebook.estimates import Estimates

NOW = {"beans": (448, 352), "roses": (400, 400), "kale": (80, 720), "leeks": (100, 700)}
THEN = {"beans": (480, 520), "roses": (470, 530), "kale": (150, 850), "leeks": (135, 865)}


def test_one_clear_change_is_told_with_its_numbers() -> None:
    made = changes({"beans": (448, 352)}, {"beans": (480, 520)})
    assert sentence(made, "familiarity with the runner bean") == (
        "Compared with 2010, familiarity with the runner bean rose by 8 percentage points, "
        "from 48% to 56% (95% interval of the change +3 to +13)."
    )


def test_without_words_for_it_a_share_is_named_by_its_labels() -> None:
    made = changes({"beans": (352, 448)}, {"beans": (520, 480)})
    assert sentence(made).startswith(
        "Compared with 2010, the share of ‘Grows it’ for ‘Runner bean’ fell by 8 percentage points"
    )


def test_several_are_told_by_direction_and_the_rest_has_no_clear_change() -> None:
    assert sentence(changes(NOW, THEN), "growing") == (
        "Compared with 2010, growing rose for ‘Runner bean’ by 8 percentage points, from 48% to "
        "56% (95% interval of the change +3 to +13); it fell for ‘Kale’ by 5, from 15% to 10% "
        "(−8 to −2). There is no clear change for ‘Roses’ or ‘Leeks’."
    )


def test_many_without_a_clear_change_are_counted() -> None:
    rows = {f"r{at}": (50, 50) for at in range(6)}
    made = changes(rows | {"beans": (90, 10)}, rows | {"beans": (10, 90)}, asked=asked(rows))
    assert sentence(made).endswith("The other six show no clear change.")


def asked(rows):
    return instrument({**LABELS, **{row: row.upper() for row in rows}})


def test_a_single_value_within_noise_is_no_change() -> None:
    made = changes({"beans": (50, 50)}, {"beans": (48, 52)})
    assert sentence(made, "growing") == (
        "Compared with 2010, growing shows no clear change: 48% then, 50% now (95% interval of "
        "the change −12 to +16 percentage points)."
    )


@pytest.mark.parametrize(
    ("rows", "who"),
    [
        (["beans", "kale"], "for ‘Runner bean’ or ‘Kale’."),
        (["beans", "kale", "roses", "leeks"], "for any of the four."),
    ],
)
def test_where_nothing_changed_clearly_nothing_is_called_a_change(
    rows: list[str], who: str
) -> None:
    same = dict.fromkeys(rows, (50, 50))
    assert sentence(changes(same, same), "growing") == (
        f"Compared with 2010, growing shows no clear change {who}"
    )


def test_what_is_not_compared_is_named_with_its_reason() -> None:
    made = changes(NOW, {"beans": (480, 520)}, asked=instrument(kale()))
    assert sentence(made).endswith(
        "Not compared: ‘Roses’ and ‘Leeks’ (not asked in 2010); ‘Kale’ (did not exist in 2010)."
    )


def kale():
    return LABELS | {"kale": {"label": "Kale", "since": 2015}}


def test_where_nothing_is_comparable_only_the_reason_is_told() -> None:
    assert sentence(changes(NOW, {})) == ("No comparison with 2010 is possible: not asked in 2010.")


def test_different_reasons_are_told_apart() -> None:
    made = changes({"beans": (5, 5), "kale": (5, 5)}, {}, asked=instrument(kale()))
    assert sentence(made) == (
        "No comparison with 2010 is possible: ‘Runner bean’ (not asked in 2010); "
        "‘Kale’ (did not exist in 2010)."
    )


def test_what_only_the_earlier_wave_asked_is_named() -> None:
    made = changes({"beans": (50, 50)}, {"beans": (50, 50), "kale": (50, 50)})
    assert sentence(made).endswith("Asked about in 2010 only: ‘Kale’.")


def test_a_range_changes_by_a_range_and_a_reconstruction_says_that_it_is_one() -> None:
    then = Estimates((grown(425, 75, status="stated", stated=(0.8, 0.9)),))
    made = changes(Estimates((grown(760, 40),)), then, then_is="reconstruction")
    assert sentence(made, "growing") == (
        "Compared with 2010, growing rose by 5 to 15 percentage points, from 80–90% to 95% "
        "(95% interval of the change +2 to +19). "
        "The values for 2010 are a reconstruction of what was published."
    )


def test_a_reconstruction_that_is_not_compared_needs_no_mention() -> None:
    then = Estimates((grown(5, 5, status="assumed"),))
    made = changes(Estimates((grown(5, 5),)), then, then_is="reconstruction")
    assert sentence(made) == "No comparison with 2010 is possible: not published in 2010."


def test_a_smaller_mean_rank_is_a_higher_place() -> None:
    now = Estimates((ranked(1.8), ranked(2.9, "roses"), ranked(3.0, "kale")))
    then = Estimates((ranked(2.4), ranked(2.3, "roses"), ranked(3.0, "kale")))
    assert sentence(changes(now, then)) == (
        "Compared with 2010, ‘Runner bean’ is ranked higher, from a mean rank of 2.4 to 1.8 "
        "(95% interval of the change −0.7 to −0.5); ‘Roses’ is ranked lower, from 2.3 to 2.9 "
        "(+0.5 to +0.7). There is no clear change for ‘Kale’."
    )


def test_mean_ranks_within_noise_are_no_change() -> None:
    made = changes(Estimates((ranked(1.8),)), Estimates((ranked(1.8),)))
    assert sentence(made) == (
        "Compared with 2010, the mean rank of ‘Runner bean’ shows no clear change: 1.8 then, "
        "1.8 now (95% interval of the change −0.1 to +0.1)."
    )


MOVED = "Places alone do not tell whether any has moved by more than chance."


def test_places_alone_are_never_called_a_change() -> None:
    now, then = Estimates((place(1), place(2, "kale"))), Estimates((place(3), place(2, "kale")))
    assert sentence(changes(now, then)) == (
        f"‘Runner bean’ stands 1st (3rd in 2010) and ‘Kale’ stands 2nd (as in 2010). {MOVED}"
    )


def test_many_places_are_counted() -> None:
    rows = list(LABELS)
    now, then = (
        Estimates(tuple(place(at, row) for at, row in enumerate(order, start=1)))
        for order in (rows, [*rows[:2], rows[3], rows[2]])
    )
    assert sentence(changes(now, then)) == f"Two of the four places are as in 2010. {MOVED}"
    assert sentence(changes(now, now)) == "Four of the four places are as in 2010."


def test_many_that_are_not_compared_are_counted() -> None:
    made = changes(dict.fromkeys(LABELS, (50, 50)) | {"mint": (50, 50)}, {"mint": (50, 50)},
                   asked=asked(["mint"]))  # fmt: skip
    assert sentence(made).endswith("Not compared: four values (not asked in 2010).")


def test_nothing_is_told_of_a_suppressed_value() -> None:
    made = changes(Estimates((hidden(),)), Estimates((grown(37, 63),)))
    assert sentence(made) == "No comparison with 2010 is possible: too few answered in 2026."


def test_of_nothing_nothing_is_said() -> None:
    made = compare(Estimates(()), Estimates(()), Grounds(instrument(), (about(2026), about(2010))))
    assert sentence(made) == ""


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(1, 99)] * 4), min_size=1, max_size=4))
def test_rose_and_fell_are_said_of_clear_changes_only(answers: list[tuple[int, ...]]) -> None:
    rows = list(LABELS)[: len(answers)]
    made = changes(
        {row: (a, b) for row, (a, b, *_) in zip(rows, answers, strict=True)},
        {row: (c, d) for row, (*_, c, d) in zip(rows, answers, strict=True)},
    )
    said = sentence(made)
    verdicts = {change.verdict for change in made}
    assert ("up" in verdicts, "down" in verdicts) == (" rose " in said, " fell " in said)
    assert ("no clear change" in verdicts) == ("no clear change" in said)
