"""The book's ``_config.yml`` against what Jupyter Book says that it can hold; its ``_toc.yml``."""

from __future__ import annotations

import json
from pathlib import Path

from wavebook.cache.files import sha_of
from wavebook.cache.once import once
from wavebook.cache.store import Store
from wavebook.cache.versions import installed
from wavebook.errors import Problem, WavebookError

NAME, CONTENTS = "_config.yml", "_toc.yml"
SCHEMA = "config_schema.json"  # in the package jupyter_book
EXTENSION = "wavebook.extension"  # without which no page is what it should be


def check_configuration(root: Path, store: Store) -> None:
    """Refuse a configuration in which a value is of the wrong kind: Sphinx would take what it can.

    Neither is one accepted that is no YAML, nor such a table of contents.

    Parameters
    ----------
    root
        The project's folder.
    store
        Remembers what was found, by what the files hold.

    Raises
    ------
    WavebookError
        With every problem in a file, a line each.
    """
    told = once(store, "configurations", _given(root), lambda: _told(root), lambda: _given(root))
    if told:
        raise WavebookError(told)


def _given(root: Path) -> list[str | None]:
    """Return all that the answer hangs on."""
    versions = installed()
    return [
        *map(sha_of, (root / NAME, root / CONTENTS, Path(__file__))),
        *(versions.get(name) for name in ("jupyter-book", "jsonschema")),
    ]


def _told(root: Path) -> str:
    """Return what is wrong with a configuration, a line for each of its keys."""
    from importlib import resources  # noqa: PLC0415  # most builds know the answer, so too below

    from jsonschema.validators import validator_for  # noqa: PLC0415

    from wavebook.yaml_file import read_yaml  # noqa: PLC0415

    read_yaml(root / CONTENTS, CONTENTS)
    schema = json.loads(resources.files("jupyter_book").joinpath(SCHEMA).read_text("utf-8"))
    told = read_yaml(root / NAME, NAME)
    found = validator_for(schema)(schema).iter_errors(told)
    problems = [
        Problem(NAME, error.message, column=".".join(map(str, error.path)) or None)
        for error in sorted(found, key=lambda error: list(map(str, error.path)))
    ]
    if not problems and EXTENSION not in ((told.get("sphinx") or {}).get("extra_extensions") or ()):
        where = "sphinx.extra_extensions"
        problems.append(Problem(NAME, f"expected {EXTENSION} among them", column=where))
    return "\n".join(map(str, problems))
