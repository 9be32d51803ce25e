"""A new wave of the allotments survey as an agency delivers it, and the mapping that reads it."""

from __future__ import annotations

import copy
import io
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.conftest import Done, wavebook

# Choices, one of them with a comma, and codes for who did not choose; asked of everybody.
TOOLS = {
    "type": "multiple",
    "part": "post",
    "label": "Tools in the shed",
    "rows": {"spade": "Spade", "rake": "Rake", "net": "Net, fine\nor coarse"},
    "count": {"dont_know": "Don't know"},
    "missing": {"refused": "Would not say"},
    "base_label": "All holders",
}
# Choices of those only who grow no roses.
REGRETS = TOOLS | {"label": "Regrets", "base": "grows__roses == 'none_at_all'"}

EXPORT = """\
id,Q1,Q2_1,Q2_2,Q3_1,Q3_2,Q3_3,Q4
a,1,1,2,1,2,3,
b,2,2,3,2,1,3,1
c,2,3,3,3,2,1,2
"""
MAPPING: dict[str, Any] = {
    "wave": {
        "title": "The 2031 survey of allotment holders",
        "year": "2031",
        "fieldwork": {"start": "2031-03", "end": "2031-04"},
    },
    "parts": {
        "post": {
            "respondent": "id",
            "questions": {
                "site": {"column": "Q1", "codes": {"1": "north", "2": "south"}},
                "grows": {
                    "columns": {"beans": "Q2_1", "roses": "Q2_2"},
                    "codes": {"1": "plenty", "2": "some", "3": "none_at_all"},
                },
                "joy": {"columns": {"digging": "Q3_1", "eating": "Q3_2", "talking": "Q3_3"}},
                "why_none": {"column": "Q4", "codes": {"1": "thorns", "2": "price"}},
            },
        }
    },
}
# What a careful person reads in EXPORT with MAPPING.
ROWS = """\
respondent,site,grows__beans,grows__roses,joy__digging,joy__eating,joy__talking,why_none
a,north,plenty,some,1,2,3,
b,south,some,none_at_all,2,1,3,thorns
c,south,none_at_all,none_at_all,3,2,1,price
"""


def wider(export: str = EXPORT, **columns: list[str]) -> str:
    """Return an export with columns added, a cell a respondent."""
    frame = pd.read_csv(
        io.StringIO(export), dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    return frame.assign(**columns).to_csv(index=False)


def numbered(export: str) -> str:
    """Return an export with a column of numbers: without, an empty row would be no respondent."""
    frame = pd.read_csv(
        io.StringIO(export), dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    return frame.assign(number=range(len(frame))).to_csv(index=False)


def mapping(**questions: Any) -> dict[str, Any]:
    """Return the mapping with questions changed; None takes one out."""
    changed = copy.deepcopy(MAPPING)
    asked = changed["parts"]["post"]["questions"]
    asked |= questions
    changed["parts"]["post"]["questions"] = {k: v for k, v in asked.items() if v is not None}
    return changed


def only(**questions: Any) -> dict[str, Any]:
    """Return a mapping of these questions alone, of numbered respondents."""
    changed = copy.deepcopy(MAPPING)
    changed["parts"]["post"] = {"questions": questions}
    return changed


def of_part(**keys: Any) -> dict[str, Any]:
    """Return the mapping with keys of its part set."""
    changed = copy.deepcopy(MAPPING)
    changed["parts"]["post"] |= keys
    return changed


def extend(project: Path, **questions: Any) -> None:
    """Let the instrument ask more."""
    path = project / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    told["questions"] |= questions
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def second_part(project: Path) -> None:
    """Let the survey have a part on the web that asks one thing."""
    path = project / "data" / "instrument.yml"
    told = yaml.safe_load(path.read_text())
    told["parts"]["web"] = {"label": "Web survey"}
    told["questions"]["shed"] = {
        "type": "single",
        "part": "web",
        "label": "Shed",
        "options": {"wood": "Wood", "tin": "Tin"},
    }
    path.write_text(yaml.safe_dump(told, sort_keys=False))


def add(
    project: Path,
    told: dict[str, Any] | str = MAPPING,
    export: str = EXPORT,
    *options: str,
    source: str = "export.csv",
) -> Done:
    """Write an export and a mapping and add wave 2031, as a user does."""
    if export and not (project / source).exists():
        (project / source).write_text(export, encoding="utf-8")
    text = told if isinstance(told, str) else yaml.safe_dump(told, sort_keys=False)
    (project / "mapping.yml").write_text(text, encoding="utf-8")
    wave = () if "--wave" in options else ("--wave", "2031")
    return wavebook("add", source, *wave, "--mapping", "mapping.yml", *options, cwd=project)


def rows(project: Path, part: str = "post") -> pd.DataFrame:
    """Return the rows that were written, as text."""
    path = project / "data/waves/2031" / f"{part}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False)
