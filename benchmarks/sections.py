"""What benchmarks write: each a section of RESULTS.md of its own."""

import re
import statistics
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def write(name: str, text: str) -> None:
    """Put a section between its markers, or at the end of a file that has none yet."""
    marked = f"<!-- {name} -->\n{text}<!-- /{name} -->\n"
    old = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    pattern = re.compile(f"<!-- {name} -->\n.*?<!-- /{name} -->\n", re.DOTALL)
    found = pattern.search(old)
    RESULTS.write_text(pattern.sub(lambda _: marked, old) if found else f"{old}\n{marked}")
    print(text)


def span(seconds: Sequence[float], digits: int = 1) -> str:
    """Return the median, with the least and the most."""
    numbers = (statistics.median(seconds), min(seconds), max(seconds))
    middle, least, most = (f"{number:.{digits}f}" for number in numbers)
    return f"{middle} ({least}–{most})"


def percent(share: float) -> str:
    return f"{share:.{1 if share < 0.1 else 0}%}" if share else ""


def met(is_met: bool) -> str:
    return ": met" if is_met else ": **not met**"
