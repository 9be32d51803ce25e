"""Charts drawn over each other are what Altair makes of them."""

from __future__ import annotations

import altair as alt
import pandas as pd
import pytest

from wavebook.layers import layered

FRAME = pd.DataFrame({"name": ["beans", "roses"], "value": [0.5, 0.25]})
OTHER = FRAME.assign(value=1.0)


def bars(frame: pd.DataFrame = FRAME, **size: object) -> alt.Chart:
    return alt.Chart(frame, **size).mark_bar(color="red").encode(alt.X("value:Q"), alt.Y("name:N"))


def texts(frame: pd.DataFrame = FRAME, **size: object) -> alt.Chart:
    filtered = alt.Chart(frame, **size).transform_filter("datum.value > 0")
    return filtered.mark_text(dx=5).encode(x=alt.X("value:Q"), text=alt.Text("name:N"))


@pytest.mark.parametrize(
    "made",
    [
        lambda: (bars(),),
        lambda: (bars(width=300, height=alt.Step(20)), texts(width=300, height=alt.Step(20))),
        lambda: (bars(width=300, height=alt.Step(20)), texts(OTHER)),
        lambda: (bars(OTHER, height=200), texts(), texts(OTHER, height=200)),
        lambda: (bars(view=alt.ViewConfig(stroke=None)), texts()),
    ],
    ids=["one", "one frame", "two frames", "two of one frame", "view"],
)
def test_layers_are_those_of_altair(made) -> None:
    ours, theirs = layered(*made()), alt.layer(*made())
    assert ours.to_dict() == theirs.to_dict()
    assert type(ours) is type(theirs)
