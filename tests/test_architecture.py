"""Engine and content are apart, and imports run one way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

ENGINE = sorted((ROOT / "wavebook").rglob("*.py"))
SUBJECT = re.compile(
    r"\b(schools?|headteachers?|headship|pupils?|teach(?:er|ing)s?|ofsted|nles?|lles?|sips?|"
    r"national college|illuminas|system lead\w+|federation)\b",
    re.IGNORECASE,
)
# From the data to the edition; nothing imports what comes after it.
ORDER = (
    "instrument",
    "wave",
    "finding",
    "results",
    "extension",
    "book",
    "edition",
    "review",
    "cli",
)


def imports(module: str) -> set[str]:
    tree = ast.parse((ROOT / "wavebook" / f"{module}.py").read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.removeprefix("wavebook."))
            found |= {alias.name for alias in node.names if node.module == "wavebook"}
    return found


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.stem)
def test_the_engine_has_no_word_of_the_subject(path: Path) -> None:
    assert SUBJECT.findall(path.read_text()) == []


def test_the_subject_is_recognised() -> None:
    assert SUBJECT.search("a School leader")


@pytest.mark.parametrize("module", ORDER)
def test_no_arrow_runs_back(module: str) -> None:
    later = set(ORDER[ORDER.index(module) + 1 :])
    assert imports(module) & later == set()
