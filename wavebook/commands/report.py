"""Commands that make a commentary: build, publish, serve."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from wavebook.commands.console import WaveId, progress, resolved, say, shown
from wavebook.errors import WavebookError

Compare = Annotated[
    list[str] | None,
    typer.Option(metavar="WAVE", help="An earlier wave to compare with; several for trends."),
]
Where = Annotated[
    str | None,
    typer.Option(metavar="EXPR", help="Report a slice only, e.g. \"phase == 'secondary'\"."),
]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="WAVEBOOK_CACHE",
        help="Where results are kept, for other builds too; `_build/.cache` by default.",
    ),
]


def build(
    wave: WaveId,
    compare: Compare = None,
    where: Where = None,
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
    cache: CacheFolder = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each notebook why it is run again, or not.")
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A Dask scheduler whose workers build, or with --engine dask count.",
        ),
    ] = None,
) -> None:
    """Build a wave's commentary: pages, PDF, executed notebooks and tables.

    The result replaces an earlier build. Nothing is replaced if a notebook fails. A notebook is run
    again only if something that it reads has changed.
    """
    from wavebook import ahead  # noqa: PLC0415  # help needs no library
    from wavebook.project import Project  # noqa: PLC0415

    if not 0 < level < 1:
        raise typer.BadParameter(f"{level:g} is not between 0 and 1", param_hint="--level")
    if by == "":
        raise typer.BadParameter("names no question", param_hint="--by")
    project = Project.find()
    name = f"{wave}-by-{by}" if by else wave
    target = resolved(out or project.root / "_build" / name)
    if cluster is None:
        ahead.start_for_prose(project, (wave, *(compare or ())), target)

    from wavebook.build import build as build_one  # noqa: PLC0415  # while that is started
    from wavebook.cache.store import chosen_store  # noqa: PLC0415
    from wavebook.press import end_press  # noqa: PLC0415
    from wavebook.run import Parameters  # noqa: PLC0415
    from wavebook.told import chosen_engine  # noqa: PLC0415
    from wavebook.wanted import check_slice, check_target, check_wanted  # noqa: PLC0415

    parameters = Parameters(wave, ",".join(compare) if compare else None, where, level)
    check_wanted(project, parameters)
    check_target(target, shown(target))
    check_slice(project, parameters, chosen_store(project.root, cache))
    counter = chosen_engine(engine)
    steps = None if by else len(project.notebooks) + len(project.chapters) + 1
    with progress(steps) as report, ExitStack() as counting:
        builder = None
        if cluster is not None and counter == "dask":
            from wavebook.cluster.counting import counting_on  # noqa: PLC0415  # few builds do

            counting.enter_context(counting_on(cluster))
        elif cluster is not None:
            from wavebook.cluster.builds import building_on  # noqa: PLC0415  # likewise

            builder = building_on(cluster, project, engine=counter, report=report)
        if by:
            from wavebook.editions import build_by  # noqa: PLC0415  # brings dataframes

            slices = build_by(
                project,
                parameters,
                by,
                target,
                engine=counter,
                cache=cache,
                report=report,
                builder=builder,
            )
        elif builder:
            from wavebook.editions import Job  # noqa: PLC0415

            list(builder([Job(wave, parameters, target)]))
        else:
            build_one(
                project,
                parameters,
                target,
                engine=counter,
                cache=cache,
                report=report,
                explain=say if explain else None,
                placed=end_press,
            )
    if by:
        told = sum(one.respondents is not None for one in slices)
        built = "1 commentary" if told == 1 else f"{told} commentaries"
        say(f"Built {built} and one of all, compared in {shown(target / 'index.html')}.")
    else:
        say(f"Built {shown(target / 'html' / 'index.html')} and report.pdf beside it.")


def publish(
    wave: WaveId,
    compare: Compare = None,
    site: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The site; `site` by default.")
    ] = None,
    cache: CacheFolder = None,
) -> None:
    """Publish a wave as its next edition, such as `site/2010-r1/`.

    An edition never changes: a correction becomes the next one. When nothing has changed since the
    last edition, nothing is published.
    """
    from wavebook import edition  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.run import Parameters  # noqa: PLC0415
    from wavebook.wanted import check_publishable, check_wanted  # noqa: PLC0415

    project = Project.find()
    parameters = Parameters(wave, ",".join(compare) if compare else None)
    check_wanted(project, parameters)
    check_publishable(project, parameters)
    folder = resolved(site or project.root / "site")
    with progress(len(project.notebooks) + len(project.chapters) + 1) as report:
        published, is_new = edition.publish(
            project, wave, folder, compare=compare or (), cache=cache, report=report
        )
    if is_new:
        say(f"Published edition {published.name}.")
    else:
        say(f"Nothing has changed since edition {published.name}; nothing is published.")
    say(f"  Website  {shown(folder / 'index.html')}")
    say(f"  PDF      {shown(published / 'report.pdf')}")


def serve(
    wave: Annotated[
        str | None, typer.Argument(metavar="WAVE", help="The wave's id, such as 2010.")
    ] = None,
    named: Annotated[
        str | None, typer.Option("--wave", metavar="WAVE", help="The same, as an option.")
    ] = None,
    compare: Compare = None,
    where: Where = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")
    ] = 8000,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Show this build; build nothing."),
    ] = None,
) -> None:
    """Show a wave's commentary in the browser, and renew it whenever a file is saved.

    Listens on this machine only. Ctrl-C ends it.
    """
    import threading  # noqa: PLC0415

    from wavebook.build import build as build_one  # noqa: PLC0415
    from wavebook.preview import Preview  # noqa: PLC0415
    from wavebook.project import Project  # noqa: PLC0415
    from wavebook.run import Parameters, ready_to_run  # noqa: PLC0415
    from wavebook.wanted import check_target, check_wanted  # noqa: PLC0415

    if (wave is None) == (named is None):
        raise typer.BadParameter("name the wave once, as WAVE or with --wave")
    project = Project.find()
    wave = wave or named or ""
    parameters = Parameters(wave, ",".join(compare) if compare else None, where)
    check_wanted(project, parameters)
    target = resolved(folder or project.root / "_build" / wave)
    if folder is None:
        check_target(target, shown(target))
    preview = Preview(
        project.root,
        target / "html",
        lambda early, placed: build_one(
            project, parameters, target, inside=True, pages=early, placed=placed
        ),
        say,
    )
    with ready_to_run(inside=True), preview.server(port) as server:
        if folder is None:
            preview.renew()
        if not preview.pages.is_dir():
            raise WavebookError(preview.problem or f"{preview.pages}: there is no build here")
        say(f"Serving wave {wave} at http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)")
        if folder is None:
            threading.Thread(target=preview.follow, daemon=True).start()
        try:
            server.serve_forever()
        finally:
            preview.stop()
