"""What chapters may say of a wave as a whole: ``{{ wave.parts.post.respondents | count }}``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wavebook.cache.files import sha_of
from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.cache.versions import installed
from wavebook.kernels.block import call_warm
from wavebook.project import Project
from wavebook.wording import literal

if TYPE_CHECKING:
    from wavebook.estimates import Estimate

MADE_BY = ("facts", "instrument", "lifetime", "wavefile", "yaml_file")  # modules


class Facts(SimpleNamespace):
    """What ``wave.yml`` says, by the names of `wavebook.wavefile.WaveFile`, or a part of it.

    Plain values: what validates the file takes longer to import than a chapter to set.
    """


def facts_of(project: Project, wave: str, store: Store | None = None) -> Facts:
    """Return what ``wave.yml`` says, with the number of respondents of each part.

    Texts are Markdown that says just what the file does.

    A part that the instrument has and the wave has not is there as well, with a number that no
    prose can quote: a chapter that does is told to leave its paragraph out. `present` are the codes
    of the others.

    Parameters
    ----------
    store
        Where it is kept once it was found sound.

    Raises
    ------
    WavebookError
        If ``wave.yml`` or the instrument is not as it should be.
    """
    from wavebook.forks import apart  # noqa: PLC0415  # `keep_facts` is quicker without

    folder = project.wave_folder(wave)
    read = partial(read_facts, str(project.root), wave)
    told = json.loads(_kept(project, wave, store, lambda: apart(read)))
    year = told["year"]
    parts = {}
    for code, part in told["parts"].items():
        respondents: Any = part.get("respondents")
        if code not in told["present"]:
            respondents = _untold(f"the survey of {year} had no {part['label']} part")
        elif respondents is None:
            respondents = _counted(folder / part["file"], store)
        parts[code] = Facts(**part | {"respondents": respondents})
    told |= {name: literal(told[name]) for name in ("title", "fielded_by")}
    for name in ("fieldwork", "disclosure", "provenance"):
        told[name] = Facts(**told[name]) if told[name] else None
    return Facts(**told | {"parts": parts})


def keep_facts(project: Project, wave: str, store: Store) -> None:
    """Read what `facts_of` will want, beside the kernels: it is quick where all is imported.

    Raises
    ------
    WavebookError
        As for `facts_of`.
    """

    def read() -> str:
        return str(call_warm(__name__, read_facts.__name__, str(project.root), wave))

    _kept(project, wave, store, read)


def _kept(project: Project, wave: str, store: Store | None, read: Callable[[], str]) -> str:
    given = partial(_given, project, wave)
    return once(store, "facts", given(), read, given)


def _given(project: Project, wave: str) -> list[str | None]:
    """Return all that a wave's facts are made from."""
    files = (project.wave_folder(wave) / "wave.yml", project.root / "data/instrument.yml")
    modules = (Path(__file__).with_name(f"{name}.py") for name in MADE_BY)
    return [wave, *map(sha_of, (*files, *modules)), installed().get("pydantic")]


def read_facts(root: str, wave: str) -> str:
    """Return the facts as JSON; the number of respondents only where it is stated."""
    from wavebook.wavefile import PartFile, read_about  # noqa: PLC0415  # brings pydantic

    project = Project(Path(root))
    folder = project.wave_folder(wave)
    about = read_about(folder, project.relative(folder / "wave.yml"))
    parts = {}
    for code, part in project.instrument.parts.items():
        file = about.parts.get(code, PartFile(file="none"))
        named = {"label": part.short or part.label, "design_columns": file.design_columns}
        parts[code] = file.model_dump(mode="json") | named
    told = about.model_dump(mode="json")
    return json.dumps(told | {"years": about.years, "present": list(about.parts), "parts": parts})


def _counted(path: Path, store: Store | None) -> int:
    from wavebook.forks import apart  # noqa: PLC0415  # as above

    def count() -> str:
        from wavebook.rows import count_rows  # noqa: PLC0415  # brings pandas

        return str(count_rows(path))

    return int(once(store, "respondents", sha_of(path), lambda: apart(count), lambda: sha_of(path)))


def _untold(reason: str) -> Estimate:
    from wavebook.estimates import Estimate  # noqa: PLC0415  # as above
    from wavebook.evidence import Cell  # noqa: PLC0415

    cell = Cell("", measure="base")
    return Estimate(cell, math.nan, None, None, 0, "measured", reliability="absent", untold=reason)
