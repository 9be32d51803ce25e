"""How many rows a file of answers can have is told from its size, without reading it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from wavebook.lines import rows_at_most


@pytest.mark.parametrize("cell", ["", "1", "yes"])
@pytest.mark.parametrize("columns", [1, 8])
@pytest.mark.parametrize("rows", [0, 1, 40])
def test_no_file_has_more_rows_than_its_size_allows(
    tmp_path: Path, rows: int, columns: int, cell: str
) -> None:
    path = tmp_path / "post.csv"
    lines = [",".join("c" * columns), *[",".join([cell] * columns)] * rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    assert rows <= rows_at_most(path)


def test_of_a_packed_file_it_cannot_be_told(tmp_path: Path) -> None:
    assert rows_at_most(tmp_path / "post.parquet") == math.inf
