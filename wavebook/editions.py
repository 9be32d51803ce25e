"""Many commentaries of one wave: one for each answer to a question, and a page comparing them."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from wavebook import book, inputs, results
from wavebook.asking import Asking
from wavebook.build import Draft, Report, run, set_pages
from wavebook.cache.inventory import Inventory
from wavebook.cache.store import Store, chosen_store
from wavebook.desk import link
from wavebook.errors import WavebookError
from wavebook.folders import replace_folder, settle, workshop, writable
from wavebook.press import start_press
from wavebook.project import Project
from wavebook.run import Beside, Parameters, ready_to_run
from wavebook.slices import Slice, compare_headlines, slices_of
from wavebook.slices_page import slices_csv, slices_page
from wavebook.told import Engine, chosen_engine, place_for_ipython
from wavebook.wave import open_wave

WHOLE = "all"  # the folder of the commentary on everybody
SAVED = "files were saved meanwhile: build again, so that all commentaries are made from the same"


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
    cache: Path | None = None,
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
    cache
        As for `wavebook.build.build`.
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
    writable(out.parent)
    settle(out)
    with workshop(project) as work:
        built = work / "by"
        jobs = [Job(WHOLE, parameters, built / WHOLE)] + [
            Job(one.code, replace(parameters, where=one.where), built / one.code)
            for one in slices
            if one.respondents is not None
        ]
        first: Path | None = None
        with Beside() as beside:
            for job in (builder or _here(project, engine, cache, report))(jobs):
                first = first or job.out
                beside.do(_share_files, first, job.out)
        found = [
            results.read_result(path, built / WHOLE)
            for path in sorted((built / WHOLE / "notebooks").glob("[0-9]*.ipynb"))
        ]
        compared = compare_headlines(asking, by, slices, found)
        page = slices_page(asking, by, slices, compared, title=_title(project))
        (built / "index.html").write_text(page, encoding="utf-8")
        (built / "slices.csv").write_text(slices_csv(slices, compared), encoding="utf-8")
        replace_folder(built, out)
    return slices


def _here(project: Project, engine: Engine | None, cache: Path | None, report: Report) -> Builder:
    """Return what builds commentaries on this machine, with one set of warm kernels for all.

    While the pages of one are set the notebooks of the next are run. There are never more than two
    under way, however many there are to build.
    """

    def build(jobs: Sequence[Job]) -> Iterator[Job]:
        store = chosen_store(project.root, cache)
        start_press(project, jobs[0].parameters.wave)
        with (
            workshop(project) as work,
            place_for_ipython(work / "ipython"),
            ready_to_run(inside=True),
            Beside() as beside,
            ThreadPoolExecutor(max_workers=1) as setter,
        ):
            waiting: Future[Job] | None = None
            files = _files(project, jobs[0].parameters)
            began = inventory = _inventory(project, jobs[0].parameters, store)
            for job in jobs:
                report(job.name, "running")
                folder = work / job.name
                folder.mkdir()
                inventory = inventory.renewed()
                draft = run(
                    project,
                    job.parameters,
                    folder,
                    store,
                    beside,
                    engine=engine,
                    inside=True,
                    inventory=inventory,
                )
                if waiting:
                    yield waiting.result()
                shared = jobs[0].out / "html" if job is not jobs[0] else None
                waiting = setter.submit(_set, draft, job, shared, report)
            if waiting:
                yield waiting.result()
            if not began.is_unchanged() or _files(project, jobs[0].parameters) != files:
                report(SAVED, "noted")

    return build


def _files(project: Project, parameters: Parameters) -> set[Path]:
    """Return the files there are that any commentary is made from."""
    return {*inputs.sources(project), *inputs.data(project, parameters.waves)}


def _inventory(project: Project, parameters: Parameters, store: Store) -> Inventory:
    """Return what there is before the first commentary is begun."""
    inventory = Inventory(project.root, store)
    for path in inputs.sources(project):
        inventory.sha_of(path)
    inventory.begin(*parameters.waves)
    return inventory


def _set(draft: Draft, job: Job, shared: Path | None, report: Report) -> Job:
    """Set the pages of a job's commentary and put it where it belongs."""
    imprint = book.Imprint(job.parameters.wave, job.parameters.where or "")
    set_pages(draft, imprint, shared=shared)
    replace_folder(draft.out, job.out)
    shutil.rmtree(draft.work)
    report(job.name, "done")
    return job


def _share_files(first: Path, other: Path) -> None:
    """Keep what is the same for every commentary on disk once: scripts, styles and fonts."""
    for path in (other / "html" / "_static").rglob("*"):
        same = first / path.relative_to(other)
        if not same.is_file() or same.samefile(path) or not filecmp.cmp(same, path, shallow=False):
            continue
        path.unlink()
        link(str(same), str(path))


def _title(project: Project) -> str:
    """Return the book's title."""
    told = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    return str((told or {}).get("title") or project.instrument.title)
