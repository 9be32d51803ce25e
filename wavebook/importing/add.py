"""A wave from exports and a mapping: read, translate, check, and write all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wavebook.errors import Problem, WavebookError, listing
from wavebook.importing import place
from wavebook.importing.agreement import disagreements
from wavebook.importing.export import Export
from wavebook.importing.mapping import MappedWave, MappingFile, SourceFile
from wavebook.importing.mapping_file import read_mapping
from wavebook.importing.readers import read_export
from wavebook.importing.report import AddedPart, added_part, of_no_part
from wavebook.importing.staged import staged_problems
from wavebook.importing.translate import translate, unread
from wavebook.importing.wave_folder import WAVE_FILE, NewPart, about_new, write_folder
from wavebook.project import WAVE_ID, Project
from wavebook.regular import check_regular
from wavebook.validation import validation_problems
from wavebook.wavefile import WaveFile
from wavebook.yaml_file import read_yaml


@dataclass(frozen=True)
class Added:
    """A wave that has been added, or parts of one.

    Attributes
    ----------
    files
        What was written into the wave's folder.
    notes
        What an author should know that belongs to no part, a sentence each.
    warnings
        What the check of the rows found possible and yet odd.
    """

    folder: Path
    parts: tuple[AddedPart, ...]
    files: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Request:
    """What is to be added.

    Attributes
    ----------
    parts
        The parts of the mapping that are meant; all, where none is named.
    replace
        Whether a part that is there already is to be replaced.
    """

    sources: tuple[Path, ...]
    wave: str
    mapping: Path
    parts: tuple[str, ...] = ()
    replace: bool = False


def add(project: Project, request: Request) -> Added:
    """Translate exports as a mapping says, and write the wave's folder if all of it is sound.

    A wave that exists gets the parts that it does not have yet. All else in it stays, and so do
    the lines and comments of its ``wave.yml``, with which the mapping must agree.

    Raises
    ------
    WavebookError
        With every problem found; nothing is written then.
    """
    check_wave_id(request.wave)
    name = project.relative(request.mapping)
    mapping = read_mapping(request.mapping, name, project.instrument)
    waves = project.root / "data" / "waves"
    target = waves / request.wave
    shown = f"data/waves/{request.wave}"
    before, about = _wave_before(target, shown)
    notes: list[str] = []
    if before is None:
        about = _new_wave(mapping, name, request.wave)
    elif mapping.wave:
        notes += _agreed(mapping.wave, about, name, f"{shown}/{WAVE_FILE}")
    _check_same_id(mapping, name, request.wave)

    chosen = _choose(mapping, name, request, notes)
    if before is not None and not request.replace:
        _refuse_to_replace(chosen, about, shown)
    exports = _read(project, chosen, mapping)
    made = {
        part: translate(export, part, mapping.parts[part], project.instrument, about["year"])
        for part, export in exports.items()
    }
    if set(made) == set(mapping.parts):
        notes += of_no_part(made, exports, mapping)
    if any(one.frame.empty for one in made.values()):
        raise WavebookError.of([p for one in made.values() for p in one.ledger.problems])
    with place.stage(waves, "data/waves") as stage:
        folder = stage / request.wave
        new = {
            part: NewPart(one.frame, mapping.parts[part], chosen[part], exports[part].kind)
            for part, one in made.items()
        }
        files = write_folder(
            folder, about, new, request.mapping.read_bytes(), None if before is None else target
        )
        problems = staged_problems(project, folder, made, shown)
        # A note says what has been left out, and so does the report.
        warnings = tuple(problem for problem in problems if problem.severity == "warning")
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            raise WavebookError.of(errors)
        if before is None:
            place.put(folder, target, shown)
        else:
            place.exchange(folder, target, before, shown)
    parts = [
        added_part(part, one, project.instrument, _unread(part, exports[part], mapping))
        for part, one in made.items()
    ]
    return Added(target, tuple(parts), tuple(files), tuple(notes), warnings)


def check_wave_id(wave: str) -> None:
    """Make sure that something can be a wave's id: it becomes part of paths.

    Raises
    ------
    WavebookError
        If it can't.
    """
    if not WAVE_ID.fullmatch(wave):
        raise WavebookError(
            f"'{wave}' is not a wave id: lower-case letters and digits, joined by - or _"
        )


# The wave, as it is and as it is to be


def _wave_before(target: Path, shown: str) -> tuple[bytes | None, dict[str, Any]]:
    """Return the ``wave.yml`` that is there and what it says; None where the wave is new."""
    name = f"{shown}/{WAVE_FILE}"
    try:
        if not target.exists() or (target.is_dir() and not any(target.iterdir())):
            return None, {}
        check_regular(target / WAVE_FILE, name)
        before = (target / WAVE_FILE).read_bytes()
    except OSError as error:
        raise WavebookError(
            f"{shown}: there is something here that is no wave: {name}: {error.strerror}"
        ) from None
    about = read_yaml(target / WAVE_FILE, name)
    try:
        WaveFile.model_validate(about)
    except ValidationError as error:
        raise WavebookError.of(validation_problems(error, name, WaveFile)) from None
    return before, about


def _new_wave(mapping: MappingFile, name: str, wave: str) -> dict[str, Any]:
    if mapping.wave is None:
        message = "expected the wave's title, year and fieldwork: there is no such wave yet"
        raise WavebookError.of([Problem(name, message, column="wave")])
    return about_new(wave, mapping.wave)


def _agreed(told: MappedWave, about: Mapping[str, Any], name: str, wave_file: str) -> Iterator[str]:
    """Yield that the wave keeps its title; refuse a mapping that says something else besides."""
    if problems := list(disagreements(told, about, name, wave_file)):
        raise WavebookError.of(problems)
    if told.title != about["title"]:
        yield f"{wave_file} keeps its title, '{about['title']}'"


def _check_same_id(mapping: MappingFile, name: str, wave: str) -> None:
    if mapping.wave and mapping.wave.id and mapping.wave.id != wave:
        message = f"found '{mapping.wave.id}', but --wave says '{wave}'"
        raise WavebookError.of([Problem(name, message, column="wave.id")])


def _refuse_to_replace(chosen: Mapping[str, Path], about: Mapping[str, Any], shown: str) -> None:
    there = [part for part in chosen if part in about["parts"]]
    if there:
        raise WavebookError(
            f"{shown}: it has a part '{there[0]}' already; --replace puts the new rows in its "
            "place, --part adds another part alone"
        )


# Which part is read from which file


def _choose(mapping: MappingFile, name: str, request: Request, notes: list[str]) -> dict[str, Path]:
    """Return the parts to be added, each with the file it is read from."""
    wanted = request.parts or tuple(mapping.parts)
    for part in wanted:
        if part not in mapping.parts:
            raise WavebookError(f"{name}: it has no part '{part}' {listing(mapping.parts)}")
    by_name = {path.name: path for path in request.sources}
    if len(by_name) < len(request.sources):
        raise WavebookError("two sources have the same name: add one after the other")
    chosen: dict[str, Path] = {}
    for part in wanted:
        file = mapping.parts[part].source.file
        if file in by_name:
            chosen[part] = by_name[file]
        elif len(by_name) == 1 and (file is None or len(wanted) == 1):
            (chosen[part],) = request.sources
            if file:
                notes.append(f"{part}: read from {chosen[part].name}; the mapping says {file}")
        elif file is None:
            message = f"expected which of the files it is read from {listing(by_name)}"
            raise WavebookError.of([Problem(name, message, column=f"parts.{part}.source.file")])
        else:
            notes.append(f"{part}: not added, for {file} was not given")
    for path in request.sources:
        if path not in chosen.values():
            files = [str(mapping.parts[part].source.file) for part in wanted]
            raise WavebookError(f"{path.name}: {name} reads no part from it {listing(files)}")
    return chosen


def _read(project: Project, chosen: Mapping[str, Path], mapping: MappingFile) -> dict[str, Export]:
    """Return the export of each part; a file that several are read from is read once."""
    read: dict[tuple[Path, SourceFile], Export] = {}
    for part, path in chosen.items():
        told = mapping.parts[part].source
        if (path, told) not in read:
            read[path, told] = read_export(
                path,
                name=project.relative(path),
                sheet=told.sheet,
                structure=path.parent / told.structure if told.structure else None,
                encoding=told.encoding,
                separator=told.separator,
            )
    return {part: read[path, mapping.parts[part].source] for part, path in chosen.items()}


def _unread(part: str, export: Export, mapping: MappingFile) -> list[str]:
    """Return the columns of a part's export that no part reads from it."""
    source = mapping.parts[part].source
    beside = {name: told for name, told in mapping.parts.items() if told.source == source}
    if part != next(iter(beside)):
        return []  # said of the first of them
    return unread(export, mapping.model_copy(update={"parts": beside}))
