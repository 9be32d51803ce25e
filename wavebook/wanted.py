"""What a commentary is asked for, looked at before anything long begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wavebook.errors import WavebookError
from wavebook.project import SIMULATED, Project
from wavebook.told import MANY_ROWS, checked_for_kernels

if TYPE_CHECKING:
    from wavebook.cache.store import Store
    from wavebook.run import Parameters

# What builds have in them, and nothing else does: of one commentary, of several.
BUILT = ({"html", "statements.json"}, {"index.html", "slices.csv"})
MANIFEST = "manifest.json"


def check_wanted(project: Project, parameters: Parameters) -> None:
    """Make sure that there are such waves, in this order, and that the slice can be one.

    The notebooks would find it out as well, each for itself.

    Raises
    ------
    WavebookError
        If a wave is none, or is compared with itself or a later one; if the condition is none on
        the instrument's answers, or mentions questions of several parts.
    """
    folders = {wave: project.wave_folder(wave) for wave in parameters.waves}
    if len(folders) == len(parameters.waves) == 1 and parameters.where is None:
        return  # most builds: nothing else is loaded for them
    from wavebook import expression  # noqa: PLC0415  # this and what follows bring dataframes
    from wavebook.history import check_earlier  # noqa: PLC0415
    from wavebook.wavefile import read_about  # noqa: PLC0415
    from wavebook.wording import join, quoted  # noqa: PLC0415

    abouts = {
        wave: read_about(folder, project.relative(folder / "wave.yml"))
        for wave, folder in folders.items()
    }
    about = abouts[parameters.wave]
    for wave in parameters.waves[1:]:
        check_earlier(about, abouts[wave])
    if parameters.where is None:
        return
    if not parameters.where.strip():
        raise WavebookError("--where: found nothing, expected a condition: column == 'answer'")
    instrument = project.instrument
    if problems := list(instrument.expression_problems(parameters.where)):
        raise WavebookError("\n".join(f"--where: {problem}" for problem in problems))
    questions = {
        instrument.columns[column][0]: None for column in expression.parse(parameters.where).columns
    }
    parts = {instrument.questions[name].part: name for name in questions}
    if len(parts) > 1:
        told = [
            f"{quoted(instrument.questions[name].label)} ({part})" for part, name in parts.items()
        ]
        raise WavebookError(
            f"--where: nobody was asked all of it: {join(told)}; expected questions of one part"
        )


def check_publishable(project: Project, parameters: Parameters) -> None:
    """Make sure that no wave is made of real people's answers and said to be nobody's.

    A practice wave like a measured one holds its rows. Its pages say that nothing in them is a
    finding, which is no reason to let go of what those people told.

    Raises
    ------
    WavebookError
        If one is.
    """
    for wave in parameters.waves:
        record = project.wave_folder(wave) / SIMULATED
        if not record.is_file():
            continue
        from wavebook.yaml_file import read_yaml  # noqa: PLC0415  # few waves are made up

        told = read_yaml(record, project.relative(record))
        if told.get("personal") is True:
            raise WavebookError(
                f"data/waves/{wave}: a practice wave made of real answers to wave "
                f"{told.get('like')}, which is not published; build it to look at it, or make one "
                "without --like"
            )


def check_slice(project: Project, parameters: Parameters, store: Store) -> None:
    """Make sure that there is somebody in a slice; the wave is checked first.

    Raises
    ------
    WavebookError
        If nobody is, or the wave did not ask what the condition mentions; with every error in the
        wave, if it has any.
    """
    if parameters.where is None:
        return
    import narwhals as nw  # noqa: PLC0415  # this and what follows bring dataframes

    from wavebook import expression  # noqa: PLC0415
    from wavebook.cache.checks import check_once  # noqa: PLC0415
    from wavebook.engines import Source  # noqa: PLC0415
    from wavebook.wave import open_wave  # noqa: PLC0415

    rows = max(check_once(project, parameters.wave, store).respondents.values())
    with checked_for_kernels([parameters.wave]):
        wave = open_wave(project, parameters.wave, "duckdb" if rows > MANY_ROWS else "pandas")
    condition = expression.parse(parameters.where)
    columns = wave.instrument.columns
    for column in condition.columns:
        question = columns[column][0]
        if not wave.has(wave.instrument.questions[question].part, column):
            raise WavebookError(f"--where: wave {wave.id} did not ask {column}")
    (part,) = {wave.instrument.questions[columns[c][0]].part for c in condition.columns}
    inside = nw.from_native(Source.of(wave.rows_of(part)).data).lazy().filter(condition.expr())
    if not inside.select(nw.len()).collect().item():
        raise WavebookError(f"--where: nobody in wave {wave.id} answered so: {parameters.where}")


def check_target(target: Path, shown: str) -> None:
    """Make sure that a build may take a folder's place.

    Raises
    ------
    WavebookError
        If there is something else in it, or it is a published edition.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise WavebookError(f"{shown}: not a folder")
    inside = {path.name for path in target.iterdir()}
    if MANIFEST in inside:
        raise WavebookError(f"{shown}: a published edition, which never changes")
    if inside and not any(built <= inside for built in BUILT):
        raise WavebookError(
            f"{shown}: there is something in this folder that is no build, and a build would take "
            "its place; name a folder of its own"
        )
