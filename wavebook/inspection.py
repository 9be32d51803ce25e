"""A wave, a draft of one or a single data file, read and checked whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from wavebook import suspicion
from wavebook.check import Answers
from wavebook.checklist import Checklist
from wavebook.csv_file import beyond_utf8
from wavebook.design import Design
from wavebook.errors import Problem, WavebookError, listing
from wavebook.evidence import ASSUMED_FILE, read_evidence
from wavebook.interviews import interview_problems
from wavebook.lines import ragged
from wavebook.project import WAVE_ID, Project
from wavebook.reconstruct.assumed import assumed_problems
from wavebook.reconstruct.claims import claim_problems, is_met, shortfall
from wavebook.regular import check_regular
from wavebook.rows import read_text, typed
from wavebook.wave import Wave
from wavebook.wavefile import PartFile, WaveFile, read_about

WAVE_FILE = "wave.yml"


def inspect(given: str, part: str | None = None) -> Checklist:
    """Check what a wave's id or a path names.

    Parameters
    ----------
    part
        Which part a data file belongs to; see `inspect_path`.

    Raises
    ------
    WavebookError
        If there is no project, or nothing of that name.
    """
    path = Path(given)
    try:
        project = Project.find()
    except WavebookError:
        if not path.exists():
            raise
        project = Project.find(path)
    waves = project.root / "data" / "waves"
    wave = given if WAVE_ID.fullmatch(given) and (waves / given).is_dir() else None
    if wave is None and path.is_dir() and path.resolve().parent == waves.resolve():
        wave = path.resolve().name
    if wave is None and not (given and path.exists()):
        if "/" in given or path.suffix:
            raise WavebookError(f"{given}: there is no such file or folder")
        project.wave_folder(given)  # says which waves there are
    try:
        _ = project.instrument
    except WavebookError as error:
        return Checklist("The instrument", _problems(error, "data/instrument.yml"), {})
    if wave is None:
        return inspect_path(project, path, part)
    return inspect_wave(project, wave)


def inspect_wave(project: Project, wave: str) -> Checklist:
    """Check a wave that is in its place."""
    frames: dict[str, pd.DataFrame] = {}
    about, problems = _wave(project, wave, frames, suspicious=True)
    if about is not None and not any(one.severity == "error" for one in problems):
        problems += _unmet(project, about, frames)
    sizes = {part: len(frame) for part, frame in frames.items()}
    return Checklist(f"Wave {wave}", tuple(problems), sizes)


def read_sound_wave(project: Project, wave: str) -> Wave:
    """Return a wave that has no errors; what is merely odd is not looked for.

    Raises
    ------
    WavebookError
        With every error in the wave, a line each.
    """
    frames: dict[str, pd.DataFrame] = {}
    about, problems = _wave(project, wave, frames, suspicious=False)
    errors = [problem for problem in problems if problem.severity == "error"]
    if about is None or errors:
        raise WavebookError.of(errors)
    made = {
        part: typed(frame, part, about.parts[part].numbers, project.instrument)
        for part, frame in frames.items()
    }
    return Wave(about, project.instrument.named_in(about.year), made)


def inspect_path(project: Project, path: Path, part: str | None = None) -> Checklist:
    """Check a folder that is to become a wave, or one data file, wherever it is.

    Parameters
    ----------
    part
        Which part a data file belongs to. Unless given: the part whose file it is in the
        ``wave.yml`` beside it, or which has its name, or the only one there is.

    Raises
    ------
    WavebookError
        If there is nothing, or no way to tell the part.
    """
    if path.is_dir() or path.name == WAVE_FILE:
        folder = path if path.is_dir() else path.parent
        about, problems = _about(project, folder)
        frames: dict[str, pd.DataFrame] = {}
        if about is not None:
            problems += _parts(project, folder, about, frames, suspicious=True)
        return Checklist(
            project.relative(path), tuple(problems), {p: len(f) for p, f in frames.items()}
        )
    about, problems = None, []
    if (path.parent / WAVE_FILE).is_file():
        about, problems = _about(project, path.parent)
    files = about.parts if about else {}
    part = part or next((p for p, file in files.items() if file.file == path.name), None)
    part = part or (path.stem if path.stem in project.instrument.parts else None)
    if part is None and len(project.instrument.parts) == 1:
        (part,) = project.instrument.parts
    known = listing(project.instrument.parts)
    if part is None:
        raise WavebookError(f"{project.relative(path)}: which part is it? give --part {known}")
    if part not in project.instrument.parts:
        raise WavebookError(f"--part: '{part}' is not a part {known}")
    file = files.get(part)
    if file and file.file != path.name:
        file = None
    found, frame = _part(project, path, part, file, about.years if about and file else (), True)
    sizes = {} if frame is None else {part: len(frame)}
    return Checklist(project.relative(path), (*problems, *found), sizes)


def _wave(
    project: Project, wave: str, frames: dict[str, pd.DataFrame], *, suspicious: bool
) -> tuple[WaveFile | None, list[Problem]]:
    folder = project.wave_folder(wave)
    about, problems = _about(project, folder)
    if about is None:
        return None, problems
    if about.id != wave:
        name = project.relative(folder / WAVE_FILE)
        message = f"'{about.id}' is not the folder's name '{wave}'"
        problems.append(
            Problem(name, message, column="id", found=about.id, expected=wave, rule="wave-id")
        )
    problems += _evidence(project, about)
    problems += _assumed(project, folder, about)
    problems += _parts(project, folder, about, frames, suspicious)
    found = interview_problems(project, folder)
    problems += [one for one in found if suspicious or one.severity == "error"]
    return about, problems


def _about(project: Project, folder: Path) -> tuple[WaveFile | None, list[Problem]]:
    name = project.relative(folder / WAVE_FILE)
    try:
        return read_about(folder, name), []
    except WavebookError as error:
        return None, list(_problems(error, name))


def _evidence(project: Project, about: WaveFile) -> Sequence[Problem]:
    """Return what is wrong with the file of what was published, where a wave is made from it."""
    if about.evidence is None or about.status != "reconstruction":
        return ()
    try:
        claims = read_evidence(project.root / about.evidence, about.evidence).claims
    except WavebookError as error:
        return _problems(error, about.evidence)
    return list(claim_problems(claims, project.instrument, about.evidence))


def _assumed(project: Project, folder: Path, about: WaveFile) -> Sequence[Problem]:
    """Return what is wrong with the list of what was assumed, where a reconstruction has one."""
    path = folder / ASSUMED_FILE
    if about.status != "reconstruction" or not path.exists():
        return ()
    name = project.relative(path)
    try:
        return list(assumed_problems(path, name))
    except WavebookError as error:
        return _problems(error, name)


def _unmet(
    project: Project, about: WaveFile, frames: Mapping[str, pd.DataFrame]
) -> Iterator[Problem]:
    """Yield what was published and the respondents of a reconstruction do not bear out."""
    if about.evidence is None or about.status != "reconstruction":
        return
    people = {
        part: typed(frame, part, about.parts[part].numbers, project.instrument)
        for part, frame in frames.items()
    }
    for claim in read_evidence(project.root / about.evidence, about.evidence).claims:
        if claim.part not in people:  # interviews, of which no rows are kept
            continue
        try:
            if is_met(claim, people, project.instrument):
                continue
            found, wanted = shortfall(claim, people, project.instrument)
        except KeyError as missing:
            found, wanted = f"no answers to '{missing.args[0]}'", "some: figures are published"
        yield Problem(
            about.evidence,
            f"the respondents do not bear it out: found {found}, expected {wanted}",
            column=claim.id,
            found=found,
            expected=wanted,
            rule="claim-unmet",
        )


def _problems(error: WavebookError, name: str) -> tuple[Problem, ...]:
    said = str(error).removeprefix(name).lstrip(":, ")
    return error.problems or (Problem(name, said, found=said, rule="unreadable"),)


def _parts(
    project: Project,
    folder: Path,
    about: WaveFile,
    frames: dict[str, pd.DataFrame],
    suspicious: bool,
) -> Iterator[Problem]:
    """Yield the problems of each part, putting the rows that can be read into `frames`."""
    for part, file in about.parts.items():
        if part not in project.instrument.parts:
            known = listing(project.instrument.parts)
            yield Problem(
                project.relative(folder / WAVE_FILE),
                f"'{part}' is not a part {known}",
                column=f"parts.{part}",
                found=part,
                expected=", ".join(project.instrument.parts),
                rule="unknown-part",
            )
            continue
        found, frame = _part(project, folder / file.file, part, file, about.years, suspicious)
        yield from found
        if frame is not None:
            frames[part] = frame
    for part, label in project.instrument.parts.items():
        if part not in about.parts and suspicious:
            message = f"the wave has no part '{part}' ({label.label})"
            name = project.relative(folder / WAVE_FILE)
            yield Problem(name, message, severity="note", found=message, rule="no-part")


def _part(
    project: Project,
    path: Path,
    part: str,
    file: PartFile | None,
    years: tuple[int, ...],
    suspicious: bool,
) -> tuple[list[Problem], pd.DataFrame | None]:
    name = project.relative(path)
    problems: list[Problem] = []
    try:
        check_regular(path, name)
        problems += ragged(path, name)
        # The lines of another encoding are cut at bytes that are no ends of lines.
        if problems and (found := beyond_utf8(path)):
            return [Problem(name, found, found=found, rule="unreadable")], None
        frame = read_text(path, name)
    except WavebookError as error:
        return problems or list(_problems(error, name)), None
    if problems:  # the cells of such a row stand under other columns than their own
        return problems, frame
    answers = Answers(
        name,
        frame,
        project.instrument,
        part,
        file.design if file else Design(),
        file.respondents if file else None,
        years,
    )
    problems = list(answers.problems())
    if suspicious:
        problems += suspicion.problems(answers)
    return problems, frame
