"""What every page must say of its numbers: where they come from, and of whom they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wavebook.facts import Facts
    from wavebook.wavefile import WaveFile

SIMULATED = "Simulated for practice: nothing here is a finding."  # what a file calls itself
OF_STATUS = {
    "reconstruction": (
        "Reconstruction: the respondents behind these pages were made to agree with every figure "
        "that the published report states. They are nobody's real answers.",
        "Reconstruction: see the method chapter",
    ),
    "simulated": (
        "Simulated data: these respondents were generated for practice. Nothing here is a finding.",
        "Simulated data: nothing here is a finding",
    ),
}


@dataclass(frozen=True)
class Notices:
    """What stands on every page.

    Attributes
    ----------
    full
        Sentences for a web page.
    short
        The same for the foot of a printed page.
    """

    full: str
    short: str


def notices_of(about: WaveFile | Facts, *, slice_label: str = "", written_for: str = "") -> Notices:
    """Return the notices of a wave, or of a slice of it.

    Parameters
    ----------
    slice_label
        The slice for readers, such as ``Site: North``.
    written_for
        The wave whose numbers the prose was written for, where it is another one.
    """
    full, short = [], []
    if about.status in OF_STATUS:
        whole, brief = OF_STATUS[about.status]
        full.append(whole)
        short.append(brief)
    if slice_label:
        full.append(f"These pages are about some respondents only. {slice_label}.")
        short.append(slice_label)
    if slice_label or written_for not in ("", about.id):
        of = f"the {written_for} survey" if written_for not in ("", about.id) else "all respondents"
        full.append(
            f"The wording was written for {of}. The numbers are computed anew. Where a "
            "conclusion does not hold, its paragraphs are left out and a title that tells it is "
            "replaced; other judgements are not checked."
        )
    return Notices(" ".join(full), ". ".join(short))
