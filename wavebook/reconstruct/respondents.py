"""Respondents who bear out a published report: ``python -m wavebook.reconstruct WAVE``.

Questions are filled in as they were asked. For each, the report's claims and an author's
assumptions become whole counts of people; the counts go to the people who lean to the answers
most; exchanges between alike people then meet what is claimed of several rows at once. Nothing
here knows what the survey is about.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from wavebook.check import RESPONDENT
from wavebook.errors import WavebookError
from wavebook.evidence import ASSUMED_FILE, Claim, read_evidence
from wavebook.project import Project
from wavebook.reconstruct.answering import who_answers
from wavebook.reconstruct.assumed import assumed_cells
from wavebook.reconstruct.assumptions import read_assumptions
from wavebook.reconstruct.cells import Sheet
from wavebook.reconstruct.claims import bounds, claim_problems, shortfall, unmet
from wavebook.reconstruct.filling import Source, answers_to, rankings_of
from wavebook.reconstruct.people import People
from wavebook.reconstruct.quotas import ContradictionError
from wavebook.wavefile import WaveFile, read_about


@dataclass(frozen=True)
class Reconstruction:
    """Respondents of each part, and the cells that nobody stated."""

    frames: Mapping[str, pd.DataFrame]
    assumed: pd.DataFrame


def reconstruct(source: Source, sizes: Mapping[str, int], year: int) -> Reconstruction:
    """Return respondents who bear out every claim.

    Parameters
    ----------
    source
        Instrument, claims and assumptions.
    sizes
        How many people each part has.
    year
        Rows and questions that did not exist then are not asked.

    Raises
    ------
    WavebookError
        If claims contradict each other, or an assumption contradicts a claim; all are named.
    """
    for claim in source.claims:
        low, high = bounds(claim)
        if not claim.question and not low <= sizes.get(claim.part, 0) <= high:
            raise WavebookError(
                f"{source.evidence_name}: {claim.id}: {claim.part} has {low:g} people, but the "
                f"wave counts {sizes.get(claim.part, 0)}"
            )
    # A part without questions, such as interviews in depth, has people and no answers.
    frames = {part: pd.DataFrame(index=range(size)) for part, size in sizes.items()}
    sheets: dict[str, Sheet] = {}
    for part in source.instrument.parts:
        people = People(part, frames[part], source.instrument, source.assumptions)
        for name, question in source.instrument.of_part(part):
            existed = (question.since or year) <= year <= (question.until or year)
            if question.type == "derived" or not existed:
                continue
            rows = [row for row, item in question.rows.items() if item.existed_in(year)] or [""]
            try:
                _fill(name, rows, people, source, sheets)
            except ContradictionError as error:
                raise source.contradiction(error.sources) from None
        frames[part] = people.frame
    if missed := unmet(source.claims, frames, source.instrument):
        raise WavebookError("\n".join(_shortfall(claim, frames, source) for claim in missed))
    return Reconstruction(
        {part: frames[part] for part in source.instrument.parts},
        assumed_cells(frames, sheets, source.instrument, source.claims),
    )


def _fill(
    name: str, rows: Sequence[str], people: People, source: Source, sheets: dict[str, Sheet]
) -> None:
    """Add a question's columns to the people's answers, and its sheet to those that exist."""
    answered = who_answers(name, rows, people, source.claims)
    if source.instrument.questions[name].type == "ranking":
        filled = rankings_of(name, rows, answered[rows[0]], people, source)
    else:
        guess = source.assumptions.about(name)
        sheets[name] = Sheet.of(name, people, answered, source.claims, guess)
        filled = answers_to(sheets[name], people, source)
    people.frame = pd.concat([people.frame, filled], axis=1)


def _shortfall(claim: Claim, frames: Mapping[str, pd.DataFrame], source: Source) -> str:
    found, wanted = shortfall(claim, frames, source.instrument)
    return (
        f"{source.evidence_name}: {claim.id} cannot be met with {source.assumptions_name}, "
        f"questions.{claim.question}: {found} came out, {wanted} is claimed"
    )


# Files and command line


def main(arguments: Sequence[str] | None = None) -> int:
    """Reconstruct a wave of the project in the current folder; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1 or given[0].startswith("-"):
        print("usage: python -m wavebook.reconstruct WAVE", file=sys.stderr)
        return 2
    try:
        print(write_reconstruction(Project.find(), given[0]))
    except WavebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_source(project: Project, wave: str) -> tuple[Source, WaveFile]:
    """Return what a wave's reconstruction is made from."""
    folder = project.wave_folder(wave)
    name = project.relative(folder / "wave.yml")
    about = read_about(folder, name)
    if about.status != "reconstruction" or not about.evidence:
        raise WavebookError(f"{name}: this wave is not a reconstruction from evidence")
    claims = read_evidence(project.root / about.evidence, about.evidence).claims
    if problems := claim_problems(claims, project.instrument, about.evidence):
        raise WavebookError.of(problems)
    path = folder / "assumptions.yml"
    assumptions_name = project.relative(path)
    assumptions = read_assumptions(path, assumptions_name, project.instrument)
    source = Source(project.instrument, claims, assumptions, about.evidence, assumptions_name)
    return source, about


def write_reconstruction(project: Project, wave: str) -> str:
    """Write a wave's respondents and assumed cells, all files or none; return a summary."""
    source, about = read_source(project, wave)
    sizes = {part: file.respondents or 0 for part, file in about.parts.items()}
    if missing := [part for part in project.instrument.parts if not sizes.get(part)]:
        raise WavebookError(
            f"{project.relative(project.wave_folder(wave) / 'wave.yml')}, parts.{missing[0]}: "
            "expected the number of respondents"
        )
    sizes["interviews"] = about.interviews
    made = reconstruct(source, sizes, about.year)
    folder = project.wave_folder(wave)
    files: dict[str, str] = {}
    for part, frame in made.frames.items():
        ids = [f"{part[0]}{number:04d}" for number in range(1, len(frame) + 1)]
        numbered = pd.concat([pd.Series(ids, name=RESPONDENT), frame], axis=1)
        files[about.parts[part].file] = numbered.to_csv(index=False, lineterminator="\n")
    files[ASSUMED_FILE] = made.assumed.to_csv(index=False, lineterminator="\n")
    _write_together(folder, files)
    people = ", ".join(f"{len(frame)} {part}" for part, frame in made.frames.items())
    return (
        f"{project.relative(folder)}: {people} respondents; {len(source.claims)} claims met; "
        f"{len(made.assumed)} cells assumed"
    )


def _write_together(folder: Path, files: Mapping[str, str]) -> None:
    """Write every file elsewhere first, so that a full disk spoils none."""
    try:
        with TemporaryDirectory(prefix=".reconstruct-", dir=folder) as drafts:
            for name, text in files.items():
                if (folder / name).is_dir():
                    raise WavebookError(f"{folder / name}: a folder stands where a file belongs")
                (Path(drafts) / name).write_text(text, encoding="utf-8", newline="\n")
            for name in files:
                (Path(drafts) / name).replace(folder / name)
    except OSError as error:
        where = error.filename or folder  # a full disk names no file
        raise WavebookError(f"{where}: cannot be written: {error.strerror}") from None
