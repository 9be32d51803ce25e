"""What a practice wave's population is like: the shares and mean ranks that estimates aim at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wavebook.simulate.pool import Pool

TRUTH = "truth.csv"
COLUMNS = ("question", "row", "option", "group", "measure", "value")
DIGITS = 10  # a weight of the sample has fewer


def truths(pool: Pool) -> Iterator[tuple[str, str, str, str, str, float]]:
    """Yield every share and mean rank of a population, as the cells of a report's tables.

    Among those who are asked and answer; of a yes and a no, the yes.
    """
    everybody = np.ones(len(pool), dtype=bool)
    for name, question in pool.instrument.of_part(pool.part):
        if question.type == "derived":
            if pool.sources(name):
                told = pool.frame([name])[name]
                answered = told.notna().to_numpy()
                yes = (told == "yes").to_numpy(bool)[answered]
                if answered.any():
                    value = np.average(yes, weights=pool.mass[answered])
                    yield name, "", "yes", "", "share", round(float(value), DIGITS)
            continue
        for column, row in question.columns(name).items():
            if column not in pool.codes or not (inside := pool.counted(column)).any():
                continue
            if question.type == "ranking":
                ranks = pool.codes[column][inside] + 1.0
                value = np.average(ranks, weights=pool.mass[inside])
                yield name, row, "", "", "mean_rank", round(float(value), DIGITS)
                continue
            known = (*question.choices, *question.count)
            shares = dict(zip(known, pool.shares(column, everybody), strict=True))
            for net, options in question.nets.items():
                shares[net] = sum(shares[code] for code in options.options)
            for option, share in shares.items():
                if question.type == "multiple" and option == "no":
                    continue
                yield name, row, option, "", "share", round(float(share), DIGITS)
