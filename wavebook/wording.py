"""Numbers as words, the way a careful writer puts them.

A share is named by the nearest of these fractions: a tenth, a fifth, a quarter, a third,
two-fifths, a half, three-fifths, two-thirds, three-quarters, four-fifths, nine-tenths.

========================================  =====================
share less the fraction                   words
========================================  =====================
within 1.5 points                         a third
from 1.5 to 5 points below                nearly a third
from 1.5 to 5 points above                just over a third
========================================  =====================

Of two fractions about as far away, the higher is named: 29% is "nearly a third" rather than "just
over a quarter". The same bounds turn a source's words into the range that they allow. A share
above 97.5% is "nearly all", one below 2.5% "hardly any".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction

MARKUP = re.compile(r"[\\`*_\[\]<>&$|~]")  # what Markdown reads as more than text
PLAIN, NEAR = 0.015, 0.05
LEAN = 0.9  # how much nearer a fraction counts when it is above the share

FRACTIONS: tuple[tuple[float, str], ...] = (
    (1 / 10, "a tenth"),
    (1 / 5, "a fifth"),
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (2 / 5, "two-fifths"),
    (1 / 2, "half"),
    (3 / 5, "three-fifths"),
    (2 / 3, "two-thirds"),
    (3 / 4, "three-quarters"),
    (4 / 5, "four-fifths"),
    (9 / 10, "nine-tenths"),
)
SMALL = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip
ORDINALS = (
    "", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth",
)  # fmt: skip


def words(share: float) -> str:
    """Return a share in words.

    Parameters
    ----------
    share
        On the 0–1 scale.

    Raises
    ------
    ValueError
        If `share` lies outside 0–1.

    Examples
    --------
    >>> words(0.73), words(0.48), words(0.29), words(0.98)
    ('nearly three-quarters', 'nearly half', 'nearly a third', 'nearly all')
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    for bound, said in ((0, "none"), (0.025, "hardly any"), (0.06, "very few")):
        if share <= bound:
            return said
    if share == 1:
        return "all"
    if share >= 0.975:
        return "nearly all"
    fraction, name = min(
        FRACTIONS, key=lambda pair: (pair[0] - share) * LEAN if pair[0] > share else share - pair[0]
    )
    gap = share - fraction
    if abs(gap) <= PLAIN:
        return name
    if gap < 0:
        return f"nearly {name}"
    return f"just over {name}" if gap <= NEAR else f"well over {name}"


def number(count: int) -> str:
    """Return a whole number: in words up to ten, else in figures with commas.

    Examples
    --------
    >>> number(3), number(1092)
    ('three', '1,092')
    """
    return SMALL[count] if 0 <= count < len(SMALL) else f"{count:,}"


def ordinal(rank: int) -> str:
    """Return a rank: in words up to the tenth, else as ``11th``.

    Examples
    --------
    >>> ordinal(2), ordinal(11), ordinal(22)
    ('second', '11th', '22nd')
    """
    return ORDINALS[rank] if 0 < rank < len(ORDINALS) else nth(rank)


def place(rank: str) -> str:
    """Return a rank in figures, a tie told in words.

    Examples
    --------
    >>> place("1"), place("5=")
    ('1st', 'joint 5th')
    """
    return f"joint {nth(int(rank[:-1]))}" if rank.endswith("=") else nth(int(rank))


def nth(rank: int) -> str:
    """Return a rank in figures.

    Examples
    --------
    >>> nth(1), nth(11), nth(22)
    ('1st', '11th', '22nd')
    """
    ending = (
        "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    )
    return f"{rank}{ending}"


def percent(share: float) -> str:
    """Return a share as a whole per cent, never 0% or 100% unless it is.

    Examples
    --------
    >>> percent(0.384), percent(0.995), percent(0.001)
    ('38%', 'over 99%', 'under 1%')
    """
    rounded = round_half_up(share * 100)
    if rounded == 0 < share:
        return "under 1%"
    if rounded == 100 and share < 1:
        return "over 99%"
    return f"{rounded}%"


def percent_range(low: float, high: float) -> str:
    """Return bounds of a share as whole per cents; as one where they round to none, or to all.

    Examples
    --------
    >>> percent_range(0.8, 0.9), percent_range(0.0004, 0.0024), percent_range(0.0, 0.0)
    ('80–90%', 'under 1%', '0%')
    """
    ends = percent(low), percent(high)
    if round_half_up(high * 100) == 0 or round_half_up(low * 100) == 100:
        return ends[1] if low < 0.5 else ends[0]
    return f"{round_half_up(low * 100)}–{round_half_up(high * 100)}%"


def level(confidence: float) -> str:
    """Return a level of confidence as a per cent, to the decimals that it was given with.

    Examples
    --------
    >>> level(0.95), level(0.975)
    ('95%', '97.5%')
    """
    return f"{100 * confidence:.10g}%"


def odds(confidence: float) -> str:
    """Return how often an interval of a level of confidence is right.

    Examples
    --------
    >>> odds(0.95), odds(0.9), odds(0.5)
    ('19 times in 20', 'nine times in ten', 'once in two')
    """
    often = Fraction(confidence).limit_denominator(10_000)
    times = "once" if often.numerator == 1 else f"{number(often.numerator)} times"
    return f"{times} in {number(often.denominator)}"


def points(change: float) -> str:
    """Return a change of a share in percentage points, signed; what would round to 0 more finely.

    Examples
    --------
    >>> points(0.078), points(-0.034), points(0.0), points(0.002)
    ('+8', '−3', '0', '+0.2')
    """
    size = round_half_up(abs(change) * 100)
    return signed(math.copysign(size, change), 0) if size else signed(change * 100, 1)


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, a real minus; without one where all its digits are 0.

    Examples
    --------
    >>> signed(0.25, 1), signed(-1.06, 1), signed(-0.01, 1)
    ('+0.3', '−1.1', '0')
    """
    size = round_half_up(abs(value) * 10**digits) / 10**digits
    if size == 0:
        return "0"
    return f"{'−' if value < 0 else '+'}{size:.{digits}f}"


def decimal(value: float) -> str:
    """Return a number of nought or more to one decimal.

    Examples
    --------
    >>> decimal(2.25), decimal(3.0)
    ('2.3', '3.0')
    """
    return f"{round_half_up(value * 10) / 10:.1f}"


def round_half_up(value: float) -> int:
    """Round as survey reports do: 0.5 goes up (Python rounds it to even).

    The tiny addition undoes binary representation: 0.285 × 100 is 28.499….
    """
    return int(value + 0.5 + 1e-9)


def join(names: Sequence[str], last: str = "and") -> str:
    """Return names as a list in a sentence: ``a, b and c``.

    Examples
    --------
    >>> join(["time", "money", "doubt"])
    'time, money and doubt'
    """
    if len(names) < 2:
        return "".join(names)
    return f" {last} ".join((", ".join(names[:-1]), names[-1]))


def inner(label: str) -> str:
    """Return a label for inside a sentence: its first letter small, but for abbreviations."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def literal(text: str) -> str:
    r"""Return text as Markdown that says just that, whatever signs are in it.

    Examples
    --------
    >>> print(literal("Fewer than <5, or *none*"))
    Fewer than \<5, or \*none\*
    """
    return MARKUP.sub(r"\\\g<0>", text)


def quoted(label: str) -> str:
    """Return a label as a name inside a sentence: in single quotation marks."""
    return f"‘{label}’"
