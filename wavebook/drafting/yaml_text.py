"""Text as YAML writes it on one line: bare where that is safe, quoted where it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

PLAIN = re.compile(r"[^\W_][\w.()+%/ -]*[\w.()+%/-]|[^\W_]")


def scalar(text: str) -> str:
    """Return text as a key or a value.

    Examples
    --------
    >>> print(scalar("Very familiar"), scalar("Yes: always"), scalar(""))
    Very familiar "Yes: always" ""
    """
    if PLAIN.fullmatch(text):
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return quoted.strip()


def flow(data: Any) -> str:
    """Return keys and values, or a list, within brackets.

    Examples
    --------
    >>> flow({"mode": ["1", "2: web"]})
    '{mode: [1, "2: web"]}'
    """
    if isinstance(data, Mapping):
        return f"{{{', '.join(f'{scalar(str(k))}: {flow(v)}' for k, v in data.items())}}}"
    if isinstance(data, Sequence) and not isinstance(data, str):
        return f"[{', '.join(flow(one) for one in data)}]"
    return scalar(str(data))
