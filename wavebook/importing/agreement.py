"""What a mapping says of a wave that is there already, held against the wave's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wavebook.errors import Problem
from wavebook.importing.mapping import MappedWave
from wavebook.wavefile import WaveFile


def disagreements(
    told: MappedWave, about: Mapping[str, Any], name: str, wave_file: str
) -> Iterator[Problem]:
    """Yield each key of which a mapping says something else than ``wave.yml``.

    The file is the author's and stays as it is, so what the mapping says would be lost without a
    word: that fewer people than ten are not shown, for example. The title, which drafts only
    guess, and keys that the mapping leaves out are no disagreement.

    Parameters
    ----------
    about
        What ``wave.yml`` says.
    name, wave_file
        The mapping and ``wave.yml``, as the user would name them.
    """
    mapped = _flat(told.model_dump(exclude={"id", "title"}, exclude_unset=True))
    meant = _flat(WaveFile.model_validate(about).model_dump())
    written = _flat(about)
    for key, found in mapped.items():
        place = "provenance.note" if key == "provenance" else key
        if found == meant.get(place):
            continue
        says = f"says {meant[place]}" if place in written else "does not say so"
        if place not in written and meant.get(place):
            says += f", which means {meant[place]}"
        message = f"found {found}, but {wave_file} {says}"
        yield Problem(
            name, f"{message}: change one of the two, or leave it out here", column=f"wave.{key}"
        )


def _flat(data: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return nested keys as one, joined by points."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}{key}.")
        else:
            flat[f"{path}{key}"] = value
    return flat
