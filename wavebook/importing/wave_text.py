"""What `wavebook add` writes into ``wave.yml``: a new one, or a part more with all else kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

Path = tuple[str, ...]


def new_text(about: Mapping[str, Any], values: Mapping[Path, Any]) -> str:
    """Return the text of a new ``wave.yml``, with values set at paths."""
    told = dict(about)
    for path, value in values.items():
        told = _set(told, path, value)
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)


def with_values(text: str, values: Mapping[Path, Any]) -> str:
    """Return YAML text with values set at paths, every other line and comment as it was.

    Examples
    --------
    >>> print(with_values("parts: {post: {file: a.csv}}  # one mode", {("parts", "web"): {"n": 1}}))
    parts: {post: {file: a.csv}, web: {n: 1}}  # one mode
    """
    for path, value in values.items():
        expected = _set(yaml.safe_load(text), path, value)
        edited = _edited(text, path, value)
        # YAML has more ways to write a mapping than an editor of lines can know.
        text = edited if _means(edited, expected) else new_text(expected, {})
    return text


def _means(text: str, expected: Any) -> bool:
    try:
        return bool(yaml.safe_load(text) == expected)
    except yaml.YAMLError:
        return False


def _set(data: Any, path: Path, value: Any) -> Any:
    key, *rest = path
    below = _set(data.get(key) or {}, tuple(rest), value) if rest else value
    return {**data, key: below}


def _edited(text: str, path: Path, value: Any) -> str:
    node: Any = yaml.compose(text, yaml.SafeLoader)
    for depth, key in enumerate(path):
        found = next((v for k, v in node.value if k.value == key), None)
        is_last = depth == len(path) - 1
        if found is None or is_last or not isinstance(found, yaml.MappingNode):
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            if found is None:
                return _inserted(text, node, key, value)
            return text[: found.start_mark.index] + _inline(value) + text[_end(found) :]
        node = found
    return text


def _inserted(text: str, node: yaml.MappingNode, key: str, value: Any) -> str:
    line = f"{_inline(key)}: {_inline(value)}"
    if node.flow_style:
        at = node.end_mark.index - 1
        return f"{text[:at].rstrip()}{', ' if node.value else ''}{line}{text[at:]}"
    at = text.find("\n", _end(node))
    at = len(text) if at < 0 else at
    indent = " " * node.value[0][0].start_mark.column
    return f"{text[:at]}\n{indent}{line}{text[at:]}"


def _end(node: yaml.Node) -> int:
    """Return where a node's own text ends: a block's mark lies behind the comments after it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _inline(value: Any) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9
    )
    return text.removesuffix("\n").removesuffix("\n...")
