"""The command line: build, publish, check, weight, serve, verify, diff."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from wavebook.errors import WavebookError

app = typer.Typer(
    name="wavebook",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Turn a wave of survey data into a commentary: a website and a PDF.

    A wave is a folder under `data/waves/`, holding `wave.yml` and the answers. Typical use:

    - `wavebook check 2010`: is the data sound?

    - `wavebook build 2010`: a commentary to look at, in `_build/2010/`

    - `wavebook publish 2010`: a numbered edition, in `site/`
    """,
)

WaveId = Annotated[str, typer.Argument(metavar="WAVE", help="The wave's id, such as 2010.")]


@app.command()
def build(
    wave: WaveId,
    compare: Annotated[
        str | None, typer.Option(metavar="WAVE", help="An earlier wave to compare with.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="EXPR", help="Report a slice only, e.g. \"phase == 'secondary'\"."),
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
    project.wave_folder(wave)
    with _progress(len(project.notebooks) + len(project.chapters) + 2) as report:
        made = edition.build(
            project,
            Parameters(wave, compare, where, level),
            target,
            engine=chosen_engine(engine),
            report=report,
        )
    _say(f"Built {_shown(made.folder / 'html' / 'index.html')} and report.pdf beside it.")


@app.command()
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
    with _progress(len(project.notebooks) + len(project.chapters) + 2) as report:
        published, is_new = edition.publish(project, wave, folder, report=report)
    if is_new:
        _say(f"Published edition {published.name}.")
    else:
        _say(f"Nothing has changed since edition {published.name}; nothing is published.")
    _say(f"  Website  {_shown(folder / 'index.html')}")
    _say(f"  PDF      {_shown(published / 'report.pdf')}")


@app.command()
def check(
    wave: Annotated[
        str, typer.Argument(metavar="WAVE|PATH", help="A wave's id, or the path of its folder.")
    ],
) -> None:
    """Check a wave's data and print every problem at once.

    Exits with 0 if the wave is sound, with 1 if not.
    """
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.wave import inspect_wave  # noqa: PLC0415

    project = Project.find()
    name = _wave_of(wave, project.root)
    read, problems = inspect_wave(project, name)
    if problems or read is None:
        raise WavebookError.of(problems)
    sizes = ", ".join(f"{count:,} {part}" for part, count in read.respondents.items())
    _say(f"Wave {name} is sound: {sizes}.")


@app.command()
def weight(
    wave: WaveId,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder for the weighted files; over them by default."),
    ] = None,
) -> None:
    """Weight a wave's answers to the margins in its wave.yml.

    Rakes each part that has `margins`, tells how they were met and what the weights cost, and
    writes the weights into the part's file, in the column that `weight` names there.
    """
    from wavebook import weigh  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    made = weigh.weigh(Project.find(), wave)
    for one in made:
        _say(one.report)
    for one, path in zip(made, weigh.write(made, out and out.resolve()), strict=True):
        _say(f"Wrote the column '{one.column}' into {_shown(path)}.")


@app.command()
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
    _say(f"Serving wave {wave} at http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)")
    with server:
        server.serve_forever()


@app.command()
def verify(
    edition: Annotated[
        str, typer.Argument(metavar="EDITION", help="Its name, such as 2010-r1, or its folder.")
    ],
) -> None:
    """Tell whether an edition is as it was published, file by file.

    Exits with 0 if it is intact, with 1 if not.
    """
    from wavebook import review  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    folder = review.find_edition(Project.find(), edition)
    damages = list(review.damages(folder))
    if damages:
        raise WavebookError("\n".join(f"{folder.name}/{damage}" for damage in damages))
    _say(f"Edition {folder.name} is intact.")


@app.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="An edition, or a build's folder.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
) -> None:
    """List every value of the tables that differs between two editions.

    Exits with 0 if all are the same, with 1 if not.
    """
    from wavebook import review  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415

    project = Project.find()
    found = list(review.differences(*(review.find_edition(project, name) for name in (one, other))))
    for line in found:
        _say(line)
    if found:
        raise typer.Exit(1)
    _say("The same values.")


def _wave_of(given: str, root: Path) -> str:
    """Return the wave id that a path under ``data/waves`` names."""
    path = Path(given)
    waves = (root / "data" / "waves").resolve()
    if path.is_dir() and path.resolve().parent == waves:
        return path.resolve().name
    return given


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str, str], None]]:
    """Show what is running and how many steps remain; plain lines without a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    running: dict[str, None] = {}
    with Progress(
        TextColumn("{task.fields[names]}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=steps, names="")

        def report(step: str, state: str) -> None:
            if state == "running":
                running[step] = None
            else:
                running.pop(step, None)
                progress.advance(task)
                if not console.is_terminal:
                    console.print(f"  done: {step}", highlight=False)
            progress.update(task, names=", ".join(running))

        yield report


def _shown(path: Path) -> str:
    """Return a path as short as it can be from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _say(text: str) -> None:
    typer.echo(text)


def main() -> None:
    """Run the command line; an error that a user can mend is printed without a traceback."""
    try:
        app()
    except WavebookError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except PermissionError as error:
        typer.echo(f"{error.filename}: no permission", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        sys.exit(130)
