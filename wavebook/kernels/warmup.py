"""Draw one chart, so that Altair has read its schema before the first kernel is forked.

For the `preload` of warm kernels: importing this module is all it is for.
"""

import altair as alt
import pandas as pd

alt.Chart(pd.DataFrame({"x": ["a", "b"], "y": [1, 2]})).mark_bar().encode(
    x="x:N", y="y:Q"
).to_dict()
