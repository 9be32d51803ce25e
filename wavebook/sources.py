"""Where a value comes from: a survey's answers, or what a published report lets be known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from wavebook.estimates import Estimate
from wavebook.evidence import (
    ASSUMED_FILE,
    Cell,
    Claim,
    Evidence,
    read_assumed_bases,
    read_evidence,
)
from wavebook.project import Project
from wavebook.wave import Wave
from wavebook.wording import quoted


@dataclass(frozen=True)
class Sources:
    """What is known of a wave, or of a slice of it."""

    project: Project
    wave: Wave
    where: str | None

    @cached_property
    def evidence(self) -> Evidence | None:
        """What a published report states, where the wave is a reconstruction of it."""
        path = self.wave.about.evidence
        if path is None or not self.wave.is_reconstruction or self.where:
            return None
        return read_evidence(self.project.root / path, path)

    @cached_property
    def _assumed_bases(self) -> frozenset[Cell]:
        path = self.project.wave_folder(self.wave.id) / ASSUMED_FILE
        return read_assumed_bases(path, path.relative_to(self.project.root).as_posix())

    def judged(self, e: Estimate) -> Estimate:
        """Return an estimate with its status, that of its base, and why it cannot be quoted."""
        if e.is_suppressed:
            e = replace(e, untold=f"too few people answered about {quoted(e.label)}")
        if not self.wave.is_reconstruction:
            status = self.wave.about.status
            return replace(e, status="simulated") if status == "simulated" else e
        if self.evidence is None:
            what = f"what is known of {self.wave.about.year} does not reach down to this slice"
            return replace(claimed(e, None), untold=e.untold or what)
        # A count that is known makes its share known, the base being so.
        count = self.evidence.about(e.cell._replace(measure="count"))
        made = claimed(e, self.evidence.about(e.cell) or _as_share(count, e.base))
        return replace(made, is_base_assumed=self._is_base_assumed(e))

    def _is_base_assumed(self, e: Estimate) -> bool:
        question = self.wave.instrument.question(e.cell.question)
        if question.type == "derived":  # who answered any of its rows, which only everybody tells
            return e.base != self.wave.about.parts[question.part].respondents
        base = e.cell._replace(option="", measure="base")
        return bool({base, base._replace(row="")} & self._assumed_bases)


def claimed(estimate: Estimate, claim: Claim | None) -> Estimate:
    """Return a reconstructed estimate with the status that the evidence gives it."""
    if claim is None or claim.low is None or claim.high is None:
        return replace(estimate, status="assumed", stated=None)
    if claim.is_range and claim.measure != "share":
        # "Not among the first ten" bounds a rank; the very rank is the reconstruction's.
        return replace(estimate, status="assumed", stated=None)
    return replace(
        estimate,
        status=claim.status,
        stated=(claim.low, claim.high) if claim.is_range else None,
    )


def _as_share(count: Claim | None, base: int) -> Claim | None:
    """Return a known count as the claim about a share that it amounts to."""
    if count is None or count.low is None or count.low != count.high or not base:
        return None
    share = count.low / base
    return replace(count, measure="share", low=share, high=share)
