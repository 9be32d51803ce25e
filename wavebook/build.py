"""A wave's commentary, built: notebooks run, pages and PDF set; all of it or nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wavebook import ahead, book, inputs
from wavebook.cache import parts
from wavebook.cache.built import is_current, remember
from wavebook.cache.checks import check_once
from wavebook.cache.inventory import Inventory
from wavebook.cache.kept import Kept
from wavebook.cache.store import Store, chosen_store
from wavebook.configuration import check_configuration
from wavebook.desk import desk, link
from wavebook.drawn import draw_ahead
from wavebook.errors import WavebookError
from wavebook.facts import keep_facts
from wavebook.folders import replace_folder, settle, workshop, writable
from wavebook.lines import rows_at_most
from wavebook.project import Project, finding_problems
from wavebook.regular import check_regular
from wavebook.run import Beside, Parameters, run_notebooks
from wavebook.told import (
    MANY_ROWS,
    Engine,
    checked_for_kernels,
    chosen_engine,
    engine_for_kernels,
)

if TYPE_CHECKING:
    from wavebook.results import Result

Report = Callable[[str, str], None]  # (step, state); states: "running", "done", "kept", "noted"
Explain = Callable[[str], None]
PAGES = "pages and PDF"  # the last step, as people are told of it


def _silent(step: str, state: str) -> None:
    """Report nothing."""


def build(
    project: Project,
    parameters: Parameters,
    out: Path,
    *,
    engine: Engine | None = None,
    cache: Path | None = None,
    report: Report = _silent,
    explain: Explain | None = None,
    inside: bool = False,
    pages: Callable[[Path], None] | None = None,
    placed: Callable[[], None] = lambda: None,
) -> None:
    """Run the notebooks, then write pages, PDF, tables and statements; all of it or nothing.

    Parameters
    ----------
    out
        Replaced by the finished build: ``html/``, ``report.pdf``, ``notebooks/``, ``tables/`` and
        ``statements.json``. Untouched if anything fails, or if it is just what would be built.
    engine
        What counts the respondents; by the wave's size unless given.
    cache
        Where results of notebooks are kept; see `wavebook.cache.store.chosen_store`.
    explain
        Is told of each notebook why it is run, or why not.
    inside
        Run notebooks without kernels where that can be, as who builds again and again does.
    pages
        Is given the website as soon as it is there, while the PDF is still being set: a folder that
        is gone when the build is over.
    placed
        Is called when the build stands where it belongs; what is done after that is for the next.

    Raises
    ------
    WavebookError
        For every mistake a user can make in the wave, the notebooks or the chapters.
    """
    begun = time.time()
    imprint = book.Imprint(parameters.wave, parameters.where or "")
    writable(out.parent)
    settle(out)
    with workshop(project) as work, Beside() as beside:
        store = chosen_store(project.root, cache)
        draft = run(
            project,
            parameters,
            work,
            store,
            beside,
            last=out,
            engine=engine,
            report=report,
            explain=explain,
            inside=inside,
        )
        made_from = draft.made_from(imprint)
        if is_current(out, made_from, store):
            report(PAGES, "kept")
            return

        def written() -> None:
            replace_folder(draft.out, out, placed)

        read = set_pages(draft, imprint, report=report, pages=pages, written=written)
        remember(out, made_from, read, store, begun=begun)


def findings(
    project: Project,
    parameters: Parameters,
    *,
    engine: Engine | None = None,
    cache: Path | None = None,
    report: Report = _silent,
) -> list[Result]:
    """Run the notebooks, where that is needed, and return what they found; nothing is written.

    The parameters are those of `build`.

    Raises
    ------
    WavebookError
        As for `build`, but for mistakes in chapters.
    """
    with workshop(project) as work, Beside() as beside:
        store = chosen_store(project.root, cache)
        draft = run(project, parameters, work, store, beside, engine=engine, report=report)
        return results_in(draft.executed)


# Steps


@dataclass(frozen=True)
class Draft:
    """A commentary whose notebooks have run, and whose pages are not yet set.

    Attributes
    ----------
    work
        The folder in which it is made.
    inventory
        What there was when it was begun: each file is read once.
    """

    project: Project
    parameters: Parameters
    work: Path
    store: Store
    inventory: Inventory

    @property
    def source(self) -> Path:
        """What the pages are set from."""
        return self.work / book.SOURCE

    @property
    def executed(self) -> Path:
        """The notebooks as they were run, in the folders that theirs are called."""
        return self.work / "executed"

    @property
    def out(self) -> Path:
        """The finished build."""
        return self.work / "out"

    def made_from(self, imprint: book.Imprint) -> str:
        """Return one digest of all that the finished build hangs on."""
        data = inputs.data(self.project, self.parameters.waves)
        return book.made_from(self.project, self.source, imprint, data, self.inventory.sha_of)


def run(
    project: Project,
    parameters: Parameters,
    work: Path,
    store: Store,
    beside: Beside,
    *,
    last: Path | None = None,
    engine: Engine | None = None,
    report: Report = _silent,
    explain: Explain | None = None,
    inside: bool = False,
    inventory: Inventory | None = None,
) -> Draft:
    """Check the wave, run every notebook and stage the book in a folder.

    Parameters
    ----------
    beside
        Where results are kept while pages are set.
    last
        What was built last: what the files that are younger call for is started at once.
    inside
        As for `wavebook.run.run_notebooks`. The others are those of `build`.
    inventory
        What there is; all files are read for it unless given.
    """
    inventory = inventory or Inventory(project.root, store)
    draft = Draft(project, parameters, work, store, inventory)
    with ExitStack() as loading, ThreadPoolExecutor(max_workers=1) as checking:
        if last is not None:
            ahead.start_all(project, parameters.waves, last, loading, inside=inside)
        inventory.begin(*parameters.waves)
        checked = checking.submit(_check, draft, report)
        if not project.notebooks:
            checked.result()
            raise WavebookError("notebooks: there are no notebooks named NN-….ipynb")
        names = finding_problems(project.notebooks)
        if problems := [*names, *_not_whole(project, inventory)]:
            raise WavebookError("\n".join(problems))
        if any(
            rows_at_most(path) > MANY_ROWS for path in inputs.answers(project, parameters.waves)
        ):
            many = checked.result() > MANY_ROWS
        else:
            many = False  # whatever the check finds, and notebooks need not wait for it
        engine = engine or chosen_engine() or ("duckdb" if many else "pandas")
        kept = Kept(project.root, store, parameters.as_dict(), engine, explain, inventory)
        with engine_for_kernels(engine), checked_for_kernels(parameters.waves):
            run_notebooks(
                (*project.notebooks, *project.chapters),
                draft.executed,
                parameters,
                progress=report,
                kept=kept,
                finished=lambda notebook: draw_ahead(notebook, store),
                unless=checked,
                inside=inside,
                beside=beside,
            )
        beside.do(loading.pop_all().close)  # nobody waits for the template's end
    book.stage(project, draft.executed, work)
    return draft


def _not_whole(project: Project, inventory: Inventory) -> Iterator[str]:
    """Yield the notebooks that are no JSON, as one that is just being saved: others read them."""
    for path in (*project.notebooks, *project.chapters):
        if not inventory.parts_of(path, parts.source):
            name = f"{path.parent.name}/{path.name}"
            try:
                check_regular(path, name)
                json.loads(path.read_bytes())
            except WavebookError as error:
                yield str(error)
            except (OSError, ValueError) as error:
                yield f"{name}: not a notebook: {error}"


def _check(draft: Draft, report: Report) -> int:
    """Refuse what has errors, count the warnings, and return how many answered a part at most."""
    check_configuration(draft.project.root, draft.store)
    rows = 0
    for wave in draft.parameters.waves:
        found = check_once(draft.project, wave, draft.store, draft.inventory.sha_of)
        if found.warnings:
            told = f"{found.warnings} warning{'s' if found.warnings > 1 else ''}"
            report(f"{told} about the answers; see wavebook check {wave}", "noted")
        rows = max(rows, *found.respondents.values())
    keep_facts(draft.project, draft.parameters.wave, draft.store)
    return rows


def set_pages(
    draft: Draft,
    imprint: book.Imprint,
    *,
    shared: Path | None = None,
    report: Report = _silent,
    pages: Callable[[Path], None] | None = None,
    written: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write everything that an edition holds but its manifest.

    Parameters
    ----------
    shared
        As for `wavebook.book.write`.
    pages
        As for `build`.
    written
        Is called when it is there; what is done after that is for the next build.

    Returns
    -------
    list of Path
        The files beyond its source that the book was found to depend on.
    """
    report(PAGES, "running")
    draft.out.mkdir()
    with desk(draft.project.root / "_build", imprint.wave) as table, Beside() as beside:

        def complete() -> None:
            beside.wait()
            report(PAGES, "done")
            written()

        def meanwhile() -> None:
            beside.do(_write_results, draft.executed, draft.out)
            beside.do(draft.store.trim)

        def shown(html: Path) -> None:
            if pages is not None:  # a copy, because the folder is about to be moved
                folder = Path(tempfile.mkdtemp(prefix="pages-", dir=draft.work))
                pages(shutil.copytree(html, folder / "html", copy_function=link))

        shutil.move(draft.source, table / book.SOURCE)
        return book.write(
            draft.project,
            table,
            draft.out,
            imprint,
            draft.store,
            shared=shared,
            digest=draft.inventory.sha_of,
            pages=shown,
            meanwhile=meanwhile,
            written=complete,
        )


def results_in(executed: Path) -> list[Result]:
    """Return what executed notebooks of findings hold, in their order."""
    from wavebook.results import read_result  # noqa: PLC0415  # a build that is current reads none

    paths = sorted((executed / "notebooks").glob("[0-9]*.ipynb"))
    return [read_result(path, executed) for path in paths]


def _write_results(executed: Path, out: Path) -> None:
    """Write tables and statements of the notebooks as they were run, and those notebooks."""
    from wavebook import results  # noqa: PLC0415  # a build that is current reads none

    (out / "tables").mkdir()
    found = results_in(executed)
    for result in found:
        text = results.table_csv(result)
        (out / "tables" / f"{result.id}.csv").write_text(text, encoding="utf-8")
    (out / "statements.json").write_text(results.statements_json(found), encoding="utf-8")
    shutil.copytree(executed / "notebooks", out / "notebooks", copy_function=shutil.copyfile)
