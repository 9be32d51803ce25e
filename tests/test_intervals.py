from __future__ import annotations

import numpy as np
import pytest

from tests import oracles
from wavebook.errors import WavebookError
from wavebook.intervals import (
    beta_interval,
    holm,
    logit_interval,
    share_interval,
    t_quantile,
    two_sided_p,
    wald_interval,
)


def test_t_quantile_is_r_s_qt():
    assert t_quantile(0.975, 10) == pytest.approx(2.2281388519862739, rel=1e-12)


def test_t_has_no_quantile_without_degrees_of_freedom():
    assert np.isnan(t_quantile(0.975, 0))


def test_p_value_is_two_sided():
    assert two_sided_p(-2.2281388519862739, 10) == pytest.approx(0.05, rel=1e-10)


def test_wald_reaches_t_standard_errors_each_way():
    low, high = wald_interval(3.0, 0.5, 10)
    assert (low, high) == pytest.approx(
        (3 - 0.5 * 2.2281388519862739, 3 + 0.5 * 2.2281388519862739)
    )


def test_logit_has_no_ends_at_0_and_1():
    assert np.isnan(logit_interval([0.0, 1.0], [0.0, 0.0], 50)).all()


def test_beta_is_the_exact_binomial_interval_for_a_simple_random_sample():
    # R: binom.test(3, 20)$conf.int. An effective size of 20 and equal t quantiles leave it as is.
    se = np.sqrt(0.15 * 0.85 / 20)
    ends = beta_interval(0.15, se, 19, base=20)
    np.testing.assert_allclose(ends, (0.0320709371854637, 0.3789268265453140), rtol=1e-10)


def test_beta_at_0_starts_at_0():
    # Clopper and Pearson at 0 of 20: 1 - 0.025^(1/20).
    low, high = beta_interval(0.0, 0.0, 19, base=20)
    assert (low, high) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))


def test_beta_at_1_ends_at_1():
    low, high = beta_interval(1.0, 0.0, 19, base=20)
    assert (low, high) == pytest.approx((0.025 ** (1 / 20), 1.0))


def test_a_census_knows_its_share():
    assert np.array(beta_interval(0.4, 0.0, 19, base=20)).tolist() == [0.4, 0.4]


@pytest.mark.parametrize(
    ("base", "count"), [(100, 30), (30, 15), (100, 5), (100, 95)],
    ids=["ordinary", "just no small base", "just not few", "just not all but few"],
)  # fmt: skip
def test_auto_is_logit_for_ordinary_shares(base, count):
    share, se = count / base, 0.05
    ends = share_interval(share, se, base=base, count=count, df=base - 1)
    np.testing.assert_array_equal(ends, logit_interval(share, se, base - 1))


@pytest.mark.parametrize(
    ("base", "count"), [(29, 15), (100, 4), (100, 96)], ids=["small base", "few", "all but few"]
)
def test_auto_is_beta_for_small_bases_and_rare_answers(base, count):
    share, se = count / base, 0.05
    ends = share_interval(share, se, base=base, count=count, df=base - 1)
    np.testing.assert_array_equal(ends, beta_interval(share, se, base - 1, base=base))


def test_an_unknown_method_is_told():
    with pytest.raises(WavebookError, match="interval: 'exact' is not one of"):
        share_interval(0.3, 0.05, base=100, count=30, df=99, method="exact")  # type: ignore[arg-type]


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(WavebookError, match="level: found 95"):
        wald_interval(0.3, 0.05, 99, level=95)


def test_holm_is_r_s():
    table = oracles.values("holm")
    np.testing.assert_allclose(holm(table["p"]), table["holm"], rtol=1e-12)


def test_holm_passes_over_tests_without_a_p_value():
    assert holm([0.01, np.nan, 0.04])[[0, 2]].tolist() == [0.02, 0.04]
