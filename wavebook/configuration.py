"""The book's ``_config.yml`` against what Jupyter Book says that it can hold; its ``_toc.yml``."""

from __future__ import annotations

import json
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from wavebook.cache.files import sha_of
from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.errors import Problem, WavebookError
from wavebook.yaml_file import read_yaml

NAME, CONTENTS = "_config.yml", "_toc.yml"
SCHEMA = "config_schema.json"  # in the package jupyter_book
VALIDATED_BY = ("jupyter-book", "jsonschema")


def check_configuration(root: Path, store: Store) -> None:
    """Refuse a configuration in which a value is of the wrong kind: Sphinx would take what it can.

    Neither is one accepted that is no YAML, nor such a table of contents.

    Parameters
    ----------
    root
        The project's folder.
    store
        Remembers what was found, by the file's content.

    Raises
    ------
    WavebookError
        With every problem in a file, a line each.
    """
    path = root / NAME
    read_yaml(root / CONTENTS, CONTENTS)
    given = [sha_of(path), sha_of(Path(__file__)), *map(metadata.version, VALIDATED_BY)]
    told = once(store, "configurations", given, lambda: _told(read_yaml(path, NAME)))
    if told:
        raise WavebookError(told)


def _told(configuration: dict[str, Any]) -> str:
    """Return what is wrong with a configuration, a line for each of its keys."""
    from jsonschema.validators import validator_for  # noqa: PLC0415  # most builds know the answer

    schema = json.loads(resources.files("jupyter_book").joinpath(SCHEMA).read_text("utf-8"))
    found = validator_for(schema)(schema).iter_errors(configuration)
    problems = (
        Problem(NAME, error.message, column=".".join(map(str, error.path)) or None)
        for error in sorted(found, key=lambda error: list(map(str, error.path)))
    )
    return "\n".join(map(str, problems))
