"""What is not shown of a few people is not to be had from what is shown of others."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wavebook.expression import parse
from wavebook.instrument import Instrument
from wavebook.rows import with_derived
from wavebook.safe_tables import SafeTables
from wavebook.wave import Wave
from wavebook.wavefile import WaveFile

MINIMUM = 10
SITES = ("north", "south", "east", "west")
INSTRUMENT = Instrument.model_validate(
    {
        "title": "Survey of allotment holders",
        "parts": {"post": {"label": "Postal survey"}},
        "questions": {
            "site": {
                "type": "single",
                "part": "post",
                "label": "Site",
                "options": {code: code.title() for code in SITES},
                "missing": {"refused": "Refused"},
            },
            "tenure": {
                "type": "single",
                "part": "post",
                "label": "Tenure",
                "options": {"old": "Old", "new": "New"},
            },
            "joy": {
                "type": "ranking",
                "part": "post",
                "label": "Joys",
                "rows": {"digging": "Digging", "eating": "Eating"},
            },
            "happy": {
                "type": "single",
                "part": "post",
                "label": "Happy",
                "options": {"yes": "Yes", "no": "No"},
                "missing": {"not_asked": "Not asked"},
            },
            "stays": {
                "type": "matrix",
                "part": "post",
                "label": "Stays",
                "rows": {"chair": "Chair", "clerk": "Clerk", "member": "Member"},
                "options": {"yes": "Yes", "no": "No"},
            },
            "staying": {
                "type": "derived",
                "part": "post",
                "label": "Stays in any office",
                "from": "stays",
                "from_options": ["yes"],
            },
            "staying_on": {
                "type": "derived",
                "part": "post",
                "label": "Stays clerk or member",
                "from": "stays",
                "from_rows": ["clerk", "member"],
                "from_options": ["yes"],
            },
        },
    }
)


def about(**part: Any) -> WaveFile:
    return WaveFile.model_validate(
        {
            "id": "2030",
            "title": "Survey",
            "year": 2030,
            "fieldwork": {"start": "2030-01", "end": "2030-02"},
            "parts": {"post": {"file": "post.csv", "lonely": "adjust", **part}},
            "disclosure": {"suppress": MINIMUM, "flag": MINIMUM},
        }
    )


def people(*groups: tuple[int, dict[str, Any]]) -> pd.DataFrame:
    """Return so many holders of each kind; half of each are happy unless it says otherwise."""
    rows = [
        {"happy": "yes" if at % 2 else "no", **answers}
        for size, answers in groups
        for at in range(size)
    ]
    frame = pd.DataFrame(rows, columns=dict.fromkeys(name for row in rows for name in row))
    return frame.convert_dtypes()


def at(**sizes: int) -> pd.DataFrame:
    """Return so many holders of each site; of none in ``nowhere``."""
    kinds = {code: None if code == "nowhere" else code for code in sizes}
    return people(*((size, {"site": kinds[code]}) for code, size in sizes.items()))


def shown(
    frame: Any, where: str | None = None, by: tuple[str, ...] = (), of: str = "happy", **part: Any
) -> set[str]:
    """Return the groups of a table that are shown: ``north``, ``north/old``; '' for everybody."""
    return set(lines(frame, where, by, of, **part))


def lines(
    frame: Any, where: str | None, by: tuple[str, ...], of: str = "happy", **part: Any
) -> dict[str, int]:
    wave = Wave(about(**part), INSTRUMENT, {"post": with_derived(frame, "post", INSTRUMENT)})
    question = INSTRUMENT.question(of)
    columns = [column for column in question.columns(of) if wave.has("post", column)]
    made = SafeTables(wave, where, 0.95).shares(question, columns, ["yes"], by)
    return {
        "/".join([*([line["row"]] if line["row"] else []), *(line[name] for name in by)]): line[
            "base"
        ]
        for line in made
        if line["reliability"] != "suppressed"
    }


# Everybody but the slice

BUT_A_FEW = at(north=300, south=700, east=6)


@pytest.mark.parametrize(
    "where",
    [
        "site != 'east'",
        "site in ['north', 'south']",
        "site not in ['east']",
        "site == 'north' or site == 'south'",
        "not site == 'east'",
        "site != 'east' and site != 'west'",
        "site != 'east' and happy in ['yes', 'no']",
        "happy in ['yes', 'no'] and not (site == 'east')",
        "site == 'south' or site == 'north' and happy in ['yes', 'no']",
    ],
)
def test_a_slice_that_leaves_out_a_few_is_not_shown(where: str) -> None:
    assert shown(BUT_A_FEW, where) == set()


@pytest.mark.parametrize(
    "where",
    ["site == 'south'", "site in ['north', 'east']", "happy == 'yes'",
     "site == 'south' or happy == 'yes'", "site in ['north', 'south', 'east']"],
)  # fmt: skip
def test_a_slice_that_leaves_out_many_or_nobody_is_shown(where: str) -> None:
    assert shown(BUT_A_FEW, where) == {""}


@pytest.mark.parametrize("where", ["site in ['south', 'east']", "site != 'north'"])
def test_a_slice_that_adds_a_few_to_another_is_not_shown(where: str) -> None:
    assert shown(BUT_A_FEW, where) == set()


def test_a_group_within_a_slice_that_leaves_out_a_few_of_it_is_not_shown() -> None:
    frame = people(
        (50, {"site": "north", "tenure": "old"}), (4, {"site": "east", "tenure": "old"}),
        (50, {"site": "north", "tenure": "new"}), (40, {"site": "east", "tenure": "new"}),
        (60, {"site": "south", "tenure": "new"}),
    )  # fmt: skip
    assert shown(frame, "site != 'east'") == {""}
    assert shown(frame, "site != 'east'", by=("tenure",)) == set()


def test_the_slices_of_a_slice_that_is_hidden_do_not_add_up_to_it() -> None:
    frame = BUT_A_FEW.assign(tenure=["old" if n % 3 else "new" for n in range(len(BUT_A_FEW))])
    where = "site != 'east' and tenure == '{}'"
    assert shown(frame, "site != 'east'") == set()
    assert [shown(frame, where.format(one)) for one in ("old", "new")] == [{""}, set()]


def test_a_slice_that_is_all_of_a_hidden_slice_is_hidden_as_that_is() -> None:
    frame = people(
        (6, {"site": "north", "tenure": "old"}), (6, {"site": "south", "tenure": "old"}),
        (4, {"site": "north", "tenure": "odd"}), (50, {"site": "south", "tenure": "new"}),
    )  # fmt: skip
    assert shown(frame, "tenure == 'old'") == set()  # or it and the new would tell the 4
    assert shown(frame, "tenure == 'old' and site in ['north', 'south']") == set()


def test_a_slice_leaves_no_few_beside_those_whom_its_hidden_whole_leaves() -> None:
    # Everybody less this slice and the old of the north would tell of 2 and 3.
    frame = people(
        (60, {"site": "north", "tenure": "old"}), (2, {"site": "east", "tenure": "old"}),
        (3, {"site": "south", "tenure": "old"}), (8, {"site": "west", "tenure": "old"}),
        (3, {"site": "north", "tenure": "new"}),
    )  # fmt: skip
    assert shown(frame, "tenure == 'old' and site == 'north'") == {""}
    assert shown(frame, "tenure == 'old' and site in ['south', 'west']") == set()


def test_a_slice_tells_no_more_by_groups_than_it_does_itself() -> None:
    """North hides the few in the east, in its own commentary by site as well."""
    assert shown(BUT_A_FEW, "site == 'north'") == set()
    assert shown(BUT_A_FEW, "site == 'north'", by=("site",)) == set()


def test_slices_by_numbers_are_protected_as_those_by_answers_are() -> None:
    frame = people(*((n, {"joy__digging": rank}) for rank, n in ((1.0, 40), (2.0, 6))))
    assert shown(frame, "joy__digging == 1") == set()
    assert shown(frame, "joy__digging < 2") == set()


@pytest.mark.parametrize("on", [lambda frame: frame, duckdb.from_df], ids=["pandas", "duckdb"])
def test_who_has_no_weight_hides_nobody(on: Callable[[pd.DataFrame], Any]) -> None:
    frame = at(north=60, east=12, south=80)
    frame["w"] = [0.0 if 60 <= n < 66 else 1.0 for n in range(len(frame))]
    assert shown(on(frame), "site == 'north'", weight="w") == set()
    assert shown(on(frame), "site == 'south'", weight="w") == {""}


@pytest.mark.parametrize("site", ["east", "south"])
def test_which_of_two_slices_as_small_is_hidden_is_no_matter_of_order(site: str) -> None:
    frame = at(north=4, south=20, east=20)
    assert shown(frame, f"site == '{site}'") == shown(frame[::-1], f"site == '{site}'")


# Who is in no group

WITHOUT_A_FEW = at(north=300, south=700, nowhere=4)


def test_groups_are_shown_where_a_few_are_in_none() -> None:
    assert shown(WITHOUT_A_FEW, by=("site",)) == {"north", "south"}


def test_slices_are_shown_where_a_few_are_in_none() -> None:
    assert [shown(WITHOUT_A_FEW, f"site == '{site}'") for site in ("north", "south")] == [
        {""},
        {""},
    ]


def test_groups_are_shown_where_a_few_have_refused_to_say_theirs() -> None:
    frame = at(north=300, south=700, refused=4)
    assert shown(frame, by=("site",)) == {"north", "south"}
    assert shown(frame, "site == 'north'") == {""}


def test_a_slice_that_leaves_out_only_who_gave_no_answer_is_shown() -> None:
    assert shown(WITHOUT_A_FEW, "site in ['north', 'south']") == {""}


def test_a_few_in_no_group_hide_no_group_by_themselves() -> None:
    frame = at(north=300, south=700, east=4, nowhere=3)
    assert shown(frame, by=("site",)) == {"south"}
    assert shown(frame, "site == 'north'") == set()


def test_many_in_no_group_help_to_hide_a_group_in_tables_and_in_slices() -> None:
    frame = at(north=300, south=700, east=4, nowhere=33)
    assert shown(frame, by=("site",)) == {"north", "south"}
    for site, told in (("north", {""}), ("south", {""}), ("east", set())):
        assert shown(frame, f"site == '{site}'") == told


@pytest.mark.parametrize("on", [lambda frame: frame, duckdb.from_df], ids=["pandas", "duckdb"])
def test_a_condition_that_picks_empty_text_tells_no_few_who_have_it(
    on: Callable[[pd.DataFrame], Any],
) -> None:
    frame = WITHOUT_A_FEW.assign(site=WITHOUT_A_FEW["site"].fillna(""))
    # The south has a commentary of its own; 4 more are not the north.
    assert shown(on(frame), "site == 'south'") == {""}
    assert shown(on(frame), "site != 'north'") == set()


@pytest.mark.parametrize("happy", [None, "not_asked"])
def test_who_was_not_asked_is_nobody_to_be_hidden(happy: str | None) -> None:
    unasked = people((4, {"site": None, "happy": happy}), (4, {"site": "west", "happy": happy}))
    frame = pd.concat([at(north=300, south=700), unasked], ignore_index=True)
    assert {"north", "south"} <= shown(frame, by=("site",))
    assert shown(frame, "site == 'north'") == {""}


# Rows, and what is derived from them


def officers(chair: int, clerk: int, member: int, **more: Any) -> pd.DataFrame:
    """Return holders with one office each; whether they stay in it is asked of nobody else."""
    sizes = {"chair": chair, "clerk": clerk, "member": member}
    rows = [
        {f"stays__{one}": ("yes" if n % 2 else "no") if one == office else None for one in sizes}
        for office, size in sizes.items()
        for n in range(size)
    ]
    return pd.DataFrame(rows).astype("string").assign(**more)


def test_a_row_that_is_hidden_hides_what_is_derived_from_it() -> None:
    assert shown(officers(6, 50, 110), of="stays") == {"clerk", "member"}
    assert shown(officers(6, 50, 110), of="staying") == set()


def test_a_row_that_is_hidden_leaves_what_is_derived_from_others() -> None:
    assert shown(officers(6, 50, 110), of="staying_on") == {""}


@pytest.mark.parametrize("chair", [0, 10])
def test_rows_that_hide_nobody_leave_what_is_derived_from_them(chair: int) -> None:
    assert shown(officers(chair, 50, 110), of="staying") == {""}


def test_a_row_that_is_hidden_in_a_slice_hides_what_is_derived_from_it_there() -> None:
    frame = pd.concat(
        [
            officers(6, 50, 110, site="north"),
            officers(20, 60, 90, site="south"),
            officers(30, 60, 90, site="east"),
        ]
    )
    told = {site: shown(frame, f"site == '{site}'", of="staying") for site in SITES[:3]}
    assert told == {"north": set(), "south": set(), "east": {""}}
    assert shown(frame, by=("site",), of="staying") == {"east"}
    assert shown(frame, of="staying") == {""}


# Laws

CUTS = (
    "site == 'north'", "site != 'east'", "site in ['north', 'south']", "not site == 'south'",
    "site == 'north' or site == 'west'", "site not in ['north']", "site in ['north', 'refused']",
)  # fmt: skip
KINDS = (*product((*SITES, "refused", None), ("old", "new", None)),)
SIZES = st.sampled_from([0, 0, 2, 4, 9, 12, 30, 50])


@st.composite
def holders(draw: st.DrawFn) -> dict[tuple[str | None, str | None], int]:
    """Return how many holders of each kind there are."""
    sizes = draw(st.lists(SIZES, min_size=len(KINDS), max_size=len(KINDS)))
    return dict(zip(KINDS, sizes, strict=True)) | {("north", "old"): 40}


def frame_of(sizes: dict[tuple[str | None, str | None], int]) -> pd.DataFrame:
    return people(*((n, {"site": site, "tenure": of}) for (site, of), n in sizes.items()))


def is_in(kinds: pd.DataFrame, where: str | None, **groups: str) -> np.ndarray:
    """Return which kinds of holders a value is about, as numbers."""
    inside = np.ones(len(kinds), dtype=bool)
    if where is not None:
        told = nw.from_native(kinds).select(met=parse(where).expr())
        inside = told["met"].to_numpy().astype(bool)
    for name, group in groups.items():
        inside = inside & (kinds[name] == group).fillna(value=False).to_numpy(bool)
    return inside.astype(float)


def are_told(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return which values are sums and differences of others."""
    nearest = values @ np.linalg.pinv(by) @ by
    return np.abs(nearest - values).max(axis=1) < 1e-6


@settings(max_examples=40)
@given(holders(), st.sampled_from(CUTS), st.sampled_from(["tenure", "site"]))
def test_nothing_that_is_shown_adds_up_to_the_answers_of_a_few(sizes, where, by) -> None:
    frame, kinds = frame_of(sizes), pd.DataFrame(KINDS, columns=["site", "tenure"]).astype("string")
    slices = [None, where, *(f"site == '{site}'" for site in (*SITES, "refused"))]
    told = [
        is_in(kinds, one, **({by: group} if group else {}))
        for one in slices
        for grouping in ((), (by,))
        for group in shown(frame, one, by=grouping)
    ]
    groups = [{}, *({by: code} for code in ("old", "new", *SITES))]
    few = [is_in(kinds, one, **group) for one in slices for group in groups]
    few += [is_in(kinds, None, **group) - is_in(kinds, where, **group) for group in groups]
    counts = np.array(list(sizes.values()))
    # Who did not say where they are cannot be found by that.
    found = counts * (kinds["site"].fillna("refused") != "refused").to_numpy(bool)
    few = [one for one in few if one @ found and one @ counts < MINIMUM]
    if told and few:
        assert not are_told(np.array(few), np.array(told)).any()


@settings(max_examples=25)
@given(
    holders(),
    st.sampled_from(
        [*CUTS, "tenure == 'old' and site != 'east'", "tenure == 'old' or happy == 'no'"]
    ),
    st.sampled_from([(), ("site",), ("tenure", "site")]),
)
def test_every_engine_hides_the_same(sizes, where, by) -> None:
    import dask.dataframe as dd  # noqa: PLC0415

    frame = frame_of(sizes)
    here = shown(frame, where, by)
    assert shown(duckdb.from_df(frame), where, by) == here
    assert shown(dd.from_pandas(frame, npartitions=3), where, by) == here


OFFICES = ("chair", "clerk", "member")
BEHIND = {"staying": OFFICES, "staying_on": ("clerk", "member")}


@settings(max_examples=20)
@given(st.lists(SIZES, min_size=9, max_size=9))
def test_rows_and_what_is_derived_from_them_do_not_add_up_to_the_answers_of_a_few(sizes) -> None:
    kinds = [*product(SITES[:3], OFFICES)]
    of_site = [officers(*sizes[n : n + 3], site=SITES[n // 3]) for n in (0, 3, 6)]
    frame = pd.concat([officers(0, 40, 0, site="west"), *of_site], ignore_index=True)
    kinds, counts = [*kinds, ("west", "clerk")], [*sizes, 40]

    def about(site: str, offices: tuple[str, ...]) -> list[float]:
        return [float(site in ("", s) and office in offices) for s, office in kinds]

    told = [about(site, (row,)) for row, _, site in split(shown(frame, of="stays"))]
    told += [about(site, (row,)) for row, _, site in split(shown(frame, by=("site",), of="stays"))]
    for name, rows in BEHIND.items():
        told += [
            about(site, rows) for by in ((), ("site",)) for site in shown(frame, by=by, of=name)
        ]
    few = [about(site, (row,)) for site in ("", *SITES) for row in OFFICES]
    few = [one for one in few if 0 < np.dot(one, counts) < MINIMUM]
    if told and few:
        assert not are_told(np.array(few), np.array(told)).any()


def split(groups: set[str]) -> list[tuple[str, str, str]]:
    """Return a row, a slash and a group of each."""
    return [group.partition("/") for group in groups]
