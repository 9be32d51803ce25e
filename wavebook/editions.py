"""Many commentaries of one wave: one for each answer to a question, and a page comparing them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from wavebook import edition, results
from wavebook.asking import Asking
from wavebook.edition import Report
from wavebook.errors import WavebookError
from wavebook.kernels.block import warm_kernels
from wavebook.project import Project
from wavebook.run import PRELOAD, Parameters
from wavebook.slices import Slice, compare_headlines, slices_of
from wavebook.slices_page import slices_csv, slices_page
from wavebook.told import Engine, chosen_engine
from wavebook.wave import open_wave

WHOLE = "all"  # the folder of the commentary on everybody


@dataclass(frozen=True)
class Job:
    """One commentary to build.

    Attributes
    ----------
    name
        The name of its folder.
    """

    name: str
    parameters: Parameters
    out: Path


Builder = Callable[[Sequence[Job]], Iterator[Job]]  # builds all, and yields each as it is done


def build_by(
    project: Project,
    parameters: Parameters,
    by: str,
    out: Path,
    *,
    engine: Engine | None = None,
    report: Report = lambda step, state: None,
    builder: Builder | None = None,
) -> list[Slice]:
    """Build a commentary for everybody and one for each answer to a question; all or nothing.

    Parameters
    ----------
    by
        A single or derived question.
    out
        Replaced by the finished builds: ``index.html`` and ``slices.csv``, which compare them,
        ``all/`` and a folder for each answer that enough people gave.
    builder
        Builds the commentaries; here and one after the other unless given.

    Raises
    ------
    WavebookError
        As for `wavebook.edition.build`; or if the question has no groups.
    """
    wave = open_wave(project, parameters.wave, engine or chosen_engine() or "pandas")
    asking = Asking(project, wave, parameters.where, parameters.level)
    slices = slices_of(asking, by)
    taken = [one for one in slices if one.code == WHOLE]
    if taken:
        raise WavebookError(f"--by: {by} has an answer '{WHOLE}', which names everybody's folder")
    edition.writable(out.parent)
    with edition.workshop(project) as work:
        built = work / "by"
        jobs = [Job(WHOLE, parameters, built / WHOLE)] + [
            Job(one.code, replace(parameters, where=one.where), built / one.code)
            for one in slices
            if one.respondents is not None
        ]
        for _ in (builder or _here(project, engine, report))(jobs):
            pass
        found = [
            results.read_result(path, built / WHOLE)
            for path in sorted((built / WHOLE / "notebooks").glob("[0-9]*.ipynb"))
        ]
        compared = compare_headlines(asking, by, slices, found)
        page = slices_page(asking, by, slices, compared, title=_title(project))
        (built / "index.html").write_text(page, encoding="utf-8")
        (built / "slices.csv").write_text(slices_csv(slices, compared), encoding="utf-8")
        edition.replace_folder(built, out)
    return slices


def _here(project: Project, engine: Engine | None, report: Report) -> Builder:
    """Return what builds commentaries on this machine, with one set of warm kernels for all."""

    def build(jobs: Sequence[Job]) -> Iterator[Job]:
        with warm_kernels(PRELOAD):
            for job in jobs:
                report(job.name, "running")
                edition.build(project, job.parameters, job.out, engine=engine)
                report(job.name, "done")
                yield job

    return build


def _title(project: Project) -> str:
    """Return the book's title."""
    told = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    return str((told or {}).get("title") or project.instrument.title)
