"""The files of a wave's folder: rows, the mapping that made them, and what ``wave.yml`` says."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from wavebook.importing import wave_text
from wavebook.importing.mapping import MappedPart, MappedWave
from wavebook.told import MANY_ROWS

WAVE_FILE = "wave.yml"
MAPPING_FILE = "mapping.yml"
DESIGN = ("weight", "strata", "cluster", "fpc")


@dataclass(frozen=True)
class NewPart:
    """A part's rows, and the export that they come from."""

    frame: pd.DataFrame
    mapped: MappedPart
    source: Path
    kind: str


def about_new(wave: str, told: MappedWave) -> dict[str, Any]:
    """Return what the ``wave.yml`` of a new wave says, before it has any parts."""
    about = told.model_dump(exclude={"id", "provenance"}, exclude_none=True, exclude_unset=True)
    note = {"note": told.provenance} if told.provenance else {}
    return {"id": wave, **about, "parts": {}, "provenance": note}


def write_folder(
    folder: Path,
    about: Mapping[str, Any],
    parts: Mapping[str, NewPart],
    mapping: bytes,
    before: Path | None,
) -> list[str]:
    """Make a wave's folder and return the names of the files in it that are new.

    Parameters
    ----------
    about
        What ``wave.yml`` says without the new parts.
    mapping
        The text of the mapping file.
    before
        The wave's folder as it is, where the parts are to join others. All that is in it comes
        along, and its ``wave.yml`` keeps its lines and comments.
    """
    folder.mkdir()
    if before:
        # Nothing that is there is written to, so links will do.
        shutil.copytree(before, folder, copy_function=_link, dirs_exist_ok=True)
    copied = _mapping_name(folder, about, parts, mapping)
    values: dict[tuple[str, ...], Any] = {}
    for part, new in parts.items():
        old = about["parts"].get(part) or {}
        if old:
            (folder / old["file"]).unlink(missing_ok=True)
        file = _write_rows(folder, part, new.frame)
        values["parts", part] = _part(file, new, old)
        values["provenance", "sources", part] = _source(new, copied)
    text = (folder / WAVE_FILE).read_text(encoding="utf-8") if before else ""
    text = wave_text.with_values(text, values) if before else wave_text.new_text(about, values)
    _write(folder / copied, mapping)
    _write(folder / WAVE_FILE, text.encode())
    return [WAVE_FILE, *(values["parts", part]["file"] for part in parts), copied]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without them
        shutil.copy2(source, target)


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)  # a link to the file that is still in its place
    path.write_bytes(content)


def _write_rows(folder: Path, part: str, frame: pd.DataFrame) -> str:
    """Write a part's rows as people read them, or as machines do where there are many."""
    name = f"{part}.parquet" if len(frame) > MANY_ROWS else f"{part}.csv"
    (folder / name).unlink(missing_ok=True)
    if len(frame) > MANY_ROWS:
        frame.to_parquet(folder / name, index=False)
    else:
        frame.to_csv(folder / name, index=False, lineterminator="\n")
    return name


def _part(file: str, new: NewPart, old: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``wave.yml`` says of a part; what an author wrote there of its design stays."""
    told = new.mapped.model_dump(include={"lonely", "margins", "trim"}, exclude_defaults=True)
    kept = {key: old[key] for key in ("lonely", "margins", "trim") if key in old}
    design = {key: key for key in DESIGN if key in new.frame}
    if "margins" in kept and "weight" not in design:
        kept.pop("margins")
    if "trim" in told:
        told["trim"] = list(told["trim"])
    return {"file": file, "respondents": len(new.frame), **design, **kept, **told}


def _source(new: NewPart, mapping: str) -> dict[str, Any]:
    with new.source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    sheet = {"sheet": new.mapped.source.sheet} if new.mapped.source.sheet else {}
    told = {"file": new.source.name, "sha256": digest, "kind": new.kind}
    return {**told, **sheet, "mapping": mapping}


def _mapping_name(
    folder: Path, about: Mapping[str, Any], parts: Mapping[str, NewPart], mapping: bytes
) -> str:
    """Return a name for the copy of the mapping under which no other part's mapping stands."""
    sources = ((about.get("provenance") or {}).get("sources") or {}).items()
    others = {source.get("mapping") for part, source in sources if part not in parts}
    path = folder / MAPPING_FILE
    if MAPPING_FILE not in others or path.read_bytes() == mapping:
        return MAPPING_FILE
    return f"mapping-{'-'.join(parts)}.yml"
