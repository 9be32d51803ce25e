"""What stands where a paragraph, a figure or a table would, of which there is nothing to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wavebook.wording import literal

NO_ANSWERS = "it rests on answers that nobody gave"


def left_out(reasons: Iterable[str]) -> str:
    """Return the line that stands where a paragraph is left out."""
    return f"*Left out here: {literal('; '.join(dict.fromkeys(reasons)))}.*"


@dataclass(frozen=True)
class LeftOut:
    """What stands where a figure or table would, of which this wave or slice has no answers."""

    title: str
    reasons: tuple[str, ...]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        text = f"**{literal(self.title)}.** {left_out(self.reasons)}"
        return {"text/markdown": text, "text/plain": text}
