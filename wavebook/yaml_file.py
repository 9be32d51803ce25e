"""Files of keys and values: read so that every mistake in them has a place and a name."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from wavebook.csv_file import not_utf8
from wavebook.errors import WavebookError
from wavebook.regular import check_regular
from wavebook.yaml_bounds import check_bounds


class _Unique:
    """YAML without silently overwritten keys: a question written twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)  # type: ignore[attr-defined]
            if not isinstance(key, Hashable):
                continue  # the loader itself says that a list is no key
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key}' stands here twice", key_node.start_mark
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]
        return mapping


class _UniqueKeys(_Unique, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Numbers, dates and truth values as YAML knows them."""


class _UniqueTextKeys(_Unique, getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Every value as it is written: ``01`` is no number, and ``no`` is no truth value."""


def read_yaml(path: Path, name: str, *, as_text: bool = False) -> dict[str, Any]:
    """Return a YAML file's mapping.

    Parameters
    ----------
    as_text
        Whether every key and value is to stay the text that it is, quoted or not.

    Raises
    ------
    WavebookError
        If the file is missing, not text, not YAML, or not a mapping.
    """
    return parsed(text_of(path, name), name, _UniqueTextKeys if as_text else _UniqueKeys)


def text_of(path: Path, name: str) -> str:
    """Return a file's text.

    Raises
    ------
    WavebookError
        If the file is missing, or not text.
    """
    check_regular(path, name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise WavebookError(f"{name}: there is no such file") from None
    except UnicodeDecodeError:
        raise WavebookError(f"{name}, {not_utf8(path)}") from None
    except OSError as error:
        raise WavebookError(f"{name}: cannot be read: {error.strerror}") from None


def parsed(text: str, name: str, loader: Any = _UniqueKeys) -> dict[str, Any]:
    """Return the mapping that a text holds.

    Parameters
    ----------
    name
        The file, as the user would name it.

    Raises
    ------
    WavebookError
        If it is not YAML, too deep or too large by its aliases, or not a mapping.
    """
    try:
        check_bounds(text)
        data = yaml.load(text, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        told = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise WavebookError(f"{name}{where}: not YAML: {told}") from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise WavebookError(f"{name}: not YAML: {str(error).splitlines()[0]}") from None
    if data in (None, {}, ""):
        raise WavebookError(f"{name}: the file is empty; expected keys and values")
    if not isinstance(data, dict):
        found = "a list" if isinstance(data, list) else "text" if isinstance(data, str) else data
        raise WavebookError(f"{name}: expected keys and values, found {found}")
    return data
