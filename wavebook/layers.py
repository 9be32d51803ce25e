"""Charts drawn over each other, as `altair.layer` does it in three times the time.

Altair copies every chart four times over, down to each value, so that it may take out of them what
belongs to the whole, and looks for parameters in them. Ours have none, and are made to be layered.
"""

from __future__ import annotations

import altair as alt

OF_THE_WHOLE = ("height", "width", "view")  # what Vega-Lite does not know of a layer


def layered(*charts: alt.Chart) -> alt.LayerChart:
    """Return charts drawn over each other; they are not to be used for anything else.

    Parameters
    ----------
    charts
        Without parameters. Of what belongs to the whole, all that say something say the same.
    """
    whole = alt.LayerChart()
    whole.layer = list(charts)
    data = charts[0].data
    if all(chart.data is data for chart in charts):
        whole.data = data
        for chart in charts:
            chart.data = alt.Undefined
    for name in OF_THE_WHOLE:
        for chart in charts:
            if chart[name] is not alt.Undefined:
                whole[name], chart[name] = chart[name], alt.Undefined
    return whole
