"""Commands that make a commentary: build, publish, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import WaveId, progress, say, shown
from wavebook.errors import WavebookError


def build(
    wave: WaveId,
    compare: Annotated[
        list[str] | None,
        typer.Option(metavar="WAVE", help="An earlier wave to compare with; several for trends."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="EXPR", help="Report a slice only, e.g. \"phase == 'secondary'\"."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION",
            help="A commentary for each answer to a question, and a page that compares them.",
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Confidence level of the intervals.")] = 0.95,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="ENGINE",
            help="What counts: pandas, duckdb or dask; duckdb by default from 200,000 rows on.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to; `_build/WAVE` by default.")
    ] = None,
) -> None:
    """Build a wave's commentary: pages, PDF, executed notebooks and tables.

    The result replaces an earlier build. Nothing is replaced if a notebook fails.
    """
    from wavebook import edition  # noqa: PLC0415  # help and errors need none of the libraries
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.rows import chosen_engine  # noqa: PLC0415
    from wavebook.run import Parameters  # noqa: PLC0415

    project = Project.find()
    target = (out or project.root / "_build" / wave).resolve()
    for known in (wave, *(compare or ())):
        project.wave_folder(known)
    parameters = Parameters(wave, ",".join(compare) if compare else None, where, level)
    if by:
        from wavebook.editions import build_by  # noqa: PLC0415

        target = (out or project.root / "_build" / f"{wave}-by-{by}").resolve()
        with progress(None) as report:
            slices = build_by(
                project, parameters, by, target, engine=chosen_engine(engine), report=report
            )
        told = sum(one.respondents is not None for one in slices)
        say(
            f"Built {told} commentaries and one of all, compared in {shown(target / 'index.html')}."
        )
        return
    with progress(len(project.notebooks) + len(project.chapters) + 2) as report:
        made = edition.build(
            project, parameters, target, engine=chosen_engine(engine), report=report
        )
    say(f"Built {shown(made.folder / 'html' / 'index.html')} and report.pdf beside it.")


def publish(
    wave: WaveId,
    site: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The site; `site` by default.")
    ] = None,
) -> None:
    """Publish a wave as its next edition, such as `site/2010-r1/`.

    An edition never changes: a correction becomes the next one. When nothing has changed since the
    last edition, nothing is published.
    """
    from wavebook import edition  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    project = Project.find()
    project.wave_folder(wave)
    folder = (site or project.root / "site").resolve()
    with progress(len(project.notebooks) + len(project.chapters) + 2) as report:
        published, is_new = edition.publish(project, wave, folder, report=report)
    if is_new:
        say(f"Published edition {published.name}.")
    else:
        say(f"Nothing has changed since edition {published.name}; nothing is published.")
    say(f"  Website  {shown(folder / 'index.html')}")
    say(f"  PDF      {shown(published / 'report.pdf')}")


def serve(
    wave: WaveId,
    port: Annotated[int, typer.Option(help="Port on this machine; 0 takes a free one.")] = 8000,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A build to show instead of `_build/WAVE`.")
    ] = None,
) -> None:
    """Show a wave's build in the browser, building it first if there is none.

    Listens on this machine only. Ctrl-C ends it.
    """
    import functools  # noqa: PLC0415
    import http.server  # noqa: PLC0415

    from wavebook.project import Project  # noqa: PLC0415

    project = Project.find()
    project.wave_folder(wave)
    pages = (folder or project.root / "_build" / wave).resolve() / "html"
    if not pages.is_dir() and folder is None:
        build(wave)
    if not pages.is_dir():
        raise WavebookError(f"{pages}: there is no build here")

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the terminal is for errors."""

    handler = functools.partial(Handler, directory=str(pages))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise WavebookError(f"port {port}: {error.strerror}; try --port 0") from None
    say(f"Serving wave {wave} at http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)")
    with server:
        server.serve_forever()
