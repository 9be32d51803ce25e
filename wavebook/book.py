"""The book around the findings: executed notebooks and chapters into HTML and PDF, by Sphinx."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wavebook.errors import WavebookError
from wavebook.project import Project

SOURCE_PARTS = ("_config.yml", "_toc.yml", "index.md", "book")


@dataclass(frozen=True)
class Imprint:
    """What a page or a title page says of the edition that it belongs to."""

    wave: str
    where: str = ""
    edition: str = ""
    date: str = ""


def stage(project: Project, executed: Path, source: Path) -> None:
    """Lay out a book's source: chapters and configuration of the project, notebooks as executed.

    Parameters
    ----------
    executed
        The folder with the executed notebooks, by the names of their folders.
    source
        Where to; replaced if it is there.
    """
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in SOURCE_PARTS:
        origin = project.root / name
        if origin.is_dir():
            shutil.copytree(origin, source / name, ignore=shutil.ignore_patterns(".*", "*.ipynb~"))
        elif origin.is_file():
            shutil.copy2(origin, source / name)
        else:
            raise WavebookError(f"{name}: there is no such file")
    shutil.copytree(executed, source, dirs_exist_ok=True)


def write_html(project: Project, source: Path, out: Path, imprint: Imprint) -> None:
    """Write the book's pages to `out`."""
    work = source.parent / "pages" / "html"  # MyST-NB leaves files beside its output
    _build(project, source, work, "html", imprint)
    for litter in (".buildinfo", "objects.inv", ".nojekyll"):
        (work / litter).unlink(missing_ok=True)
    shutil.move(work, out)


def write_pdf(project: Project, source: Path, out: Path, imprint: Imprint) -> None:
    """Write the book as one PDF file to `out`."""
    work = source.parent / "pages" / "typst"
    _build(project, source, work, "typst", imprint)
    shutil.copy2(work / "report.pdf", out)


def _build(project: Project, source: Path, out: Path, builder: str, imprint: Imprint) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that will change; none is the user's to mend
        from jupyter_book.config import get_final_config  # noqa: PLC0415  # slow, and only a build needs it
        from sphinx.application import Sphinx  # noqa: PLC0415
        from sphinx.errors import SphinxError  # noqa: PLC0415
        from sphinx.util.docutils import docutils_namespace, patch_docutils  # noqa: PLC0415

        config, _ = get_final_config(
            user_yaml=source / "_config.yml",
            cli_config={"latex_individualpages": False},
            sourcedir=source,
        )
        config |= {
            "wavebook_root": str(project.root),
            "wavebook_wave": imprint.wave,
            "wavebook_where": imprint.where,
            "wavebook_edition": imprint.edition,
            "wavebook_date": imprint.date,
        }
        log = io.StringIO()
        try:
            with patch_docutils(str(source)), docutils_namespace(), _quiet():
                app = Sphinx(
                    srcdir=str(source),
                    confdir=None,
                    outdir=str(out),
                    doctreedir=str(source.parent / "doctrees"),
                    buildername=builder,
                    confoverrides=config,
                    status=None,
                    warning=log,
                )
                app.build()
        except SphinxError as error:
            raise WavebookError(f"book: {error}") from error
    problems = list(_problems(log.getvalue(), source))
    if problems:
        raise WavebookError("\n".join(problems))


def _problems(log: str, source: Path) -> Iterator[str]:
    """Yield Sphinx's warnings: a broken link or figure in an edition is an error."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    for line in plain.splitlines():
        if "WARNING:" in line or "ERROR:" in line:
            yield line.replace(f"{source}{os.sep}", "").strip()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what extensions print while they are set up away from the terminal."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
