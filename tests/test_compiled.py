"""Regular expressions that are kept are those that Python would compile."""

from __future__ import annotations

import importlib
import marshal
import re
from pathlib import Path
from typing import Any

import pytest

from wavebook.compiled import Patterns

PATTERNS: list[tuple[str | bytes, int]] = [
    (r"(?P<year>\d{4})-(?P<month>\d\d)", 0),
    (r"[^\W\d_]+|[à-ÿ一-龥☃]", re.IGNORECASE),
    (rb"\A(?:a|b(c))?\1?$", re.MULTILINE | re.DOTALL),
    (r"""(?x) (?<!\\) ["'] # a quotation mark""", 0),
]

PYTHONS = vars(importlib.import_module("re._compiler"))["compile"]


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The compiler of `re`, which is Python's own again afterwards."""
    module = importlib.import_module("re._compiler")
    monkeypatch.setattr(module, "compile", PYTHONS)
    re.purge()
    return module


@pytest.fixture
def kept(compiler: Any, tmp_path: Path) -> Path:
    """A file with patterns that one process has compiled."""
    patterns = Patterns(tmp_path / "none")
    for pattern, flags in PATTERNS:
        re.compile(pattern, flags)
    patterns.save(tmp_path / "compiled")
    compiler.compile = PYTHONS
    re.purge()
    return tmp_path / "compiled"


def refuse(*_: Any) -> None:
    raise AssertionError("compiled anew")


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS)
def test_a_kept_pattern_is_the_one_that_python_compiles(
    pattern: str | bytes, flags: int, compiler: Any, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = compiler.compile(pattern, flags)
    monkeypatch.setattr(compiler, "_code", refuse)
    Patterns(kept)
    found = re.compile(pattern, flags)
    assert found == expected
    assert (found.flags, found.groups, found.groupindex) == (
        expected.flags,
        expected.groups,
        expected.groupindex,
    )


def test_what_is_asked_for_again_is_kept_on(kept: Path, tmp_path: Path) -> None:
    patterns = Patterns(kept)
    re.compile(*PATTERNS[0])
    patterns.save(tmp_path / "next")
    _, known = marshal.loads((tmp_path / "next").read_bytes())
    assert set(known) == {PATTERNS[0]}


def test_a_mistake_is_told_as_ever(kept: Path) -> None:
    Patterns(kept)
    with pytest.raises(re.error, match="unterminated"):
        re.compile("(never closed")


@pytest.mark.parametrize("content", [b"", b"no marshal", marshal.dumps(("another Python", {}))])
def test_what_is_damaged_or_of_another_python_counts_as_nothing(
    content: bytes, compiler: Any, tmp_path: Path
) -> None:
    path = tmp_path / "compiled"
    path.write_bytes(content)
    Patterns(path)
    assert re.compile(r"a(b)c").fullmatch("abc")
