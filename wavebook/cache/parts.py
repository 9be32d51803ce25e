"""Digests of the parts of a file: a wave's columns, an instrument's questions."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from wavebook.cache.store import digest_of, sha
from wavebook.reads import ALL

FORMAT = 1  # of what these functions return: higher when it changes
CHUNK = 20_000  # rows
WHOLE = "**"  # no column's name: names are codes


def columns(path: Path) -> dict[str, Any]:
    """Return the digest of each column's values in their order, and the number of rows.

    The order counts: sums of weights round, and the last digit of a result hangs on it. Where a
    file cannot be taken apart, the digest of the whole stands in for each of its columns.
    """
    try:
        if path.suffix == ".parquet":
            return _parquet_columns(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            names = next(rows, [])
            if len(set(names)) < len(names):
                return _whole(path)
            hashes = [hashlib.sha256() for _ in names]
            count = 0
            while chunk := list(islice(rows, CHUNK)):
                if any(len(row) != len(names) for row in chunk):
                    return _whole(path)
                count += len(chunk)
                for hashed, values in zip(hashes, zip(*chunk, strict=True), strict=True):
                    hashed.update(json.dumps(values).encode())
    except (OSError, ValueError, csv.Error):
        return _whole(path)
    found = {name: one.hexdigest() for name, one in zip(names, hashes, strict=True)}
    return found | {ALL: count}


def _whole(path: Path) -> dict[str, Any]:
    return {WHOLE: sha(path.read_bytes()), ALL: sha(path.read_bytes())}


def _parquet_columns(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq  # noqa: PLC0415 - only for such a file

    file = pq.ParquetFile(path)
    found: dict[str, Any] = {ALL: file.metadata.num_rows}
    for field in file.schema_arrow:
        hashed = hashlib.sha256(str(field.type).encode())
        for batch in file.iter_batches(batch_size=CHUNK, columns=[field.name]):
            encoded = batch.column(0).dictionary_encode()
            hashed.update(json.dumps(encoded.dictionary.to_pylist(), default=str).encode())
            hashed.update(encoded.indices.fill_null(-1).to_numpy().tobytes())
        found[field.name] = hashed.hexdigest()
    return found


def instrument(path: Path) -> dict[str, Any]:
    """Return the digests of questions, parts and columns, and which question derives from which."""
    told = _yaml(path)
    questions = told.get("questions")
    rest = {k: v for k, v in told.items() if k not in ("questions", "parts", "shared")}
    found: dict[str, Any] = {"instrument:about": sha(json.dumps(rest, default=str).encode())}
    codes: dict[str, tuple[str, str]] = {}
    for kind, items in (("question", questions), ("part", told.get("parts"))):
        known = items if isinstance(items, dict) else {}
        # The order of options is part of what they are.
        text = {str(code): json.dumps(item, default=str) for code, item in known.items()}
        found |= {f"{kind}:{code}": sha(one.encode()) for code, one in text.items()}
        found[f"{kind}:{ALL}"] = digest_of(list(text.items()))
    derived = {}
    for code, question in (questions if isinstance(questions, dict) else {}).items():
        asked = question if isinstance(question, dict) else {}
        if asked.get("type") == "derived":
            derived[str(code)] = str(asked.get("from"))
        rows = [] if asked.get("type") in ("single", "derived") else asked.get("rows") or {}
        codes |= {f"{code}__{row}": (str(code), str(row)) for row in rows} or {code: (code, "")}
    found |= {f"code:{column}": digest_of(place) for column, place in codes.items()}
    return found | {f"code:{ALL}": digest_of(list(codes.items())), "derived": derived}


def wave(path: Path) -> dict[str, Any]:
    """Return the digest of what a wave.yml says, and the file of each part."""
    told = _yaml(path)
    listed = told.get("parts")
    files = {
        str(part): str(about["file"])
        for part, about in (listed if isinstance(listed, dict) else {}).items()
        if isinstance(about, dict) and "file" in about
    }
    return {"digest": sha(json.dumps(told, default=str).encode()), "files": files}


def _yaml(path: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - only for a file that was never seen

    from wavebook.yaml_bounds import check_bounds  # noqa: PLC0415 - likewise

    try:
        check_bounds(path.read_bytes())
        told = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:  # whoever reads it next says what is wrong
        told = None
    return told if isinstance(told, dict) else {"damaged": sha(path.read_bytes())}


def source(path: Path) -> dict[str, Any]:
    """Return the digest of what a notebook's result is made from, and id and digest of each cell.

    That is all but outputs, counts and its kernel's name. It is empty for what is no notebook.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        return {}
    told = {"kernelspec", "language_info", "papermill"}
    about = {k: v for k, v in found.get("metadata", {}).items() if k not in told}
    cells = [_cell(cell) for cell in found["cells"]]
    made_from = {"metadata": about, "cells": cells, "nbformat": found.get("nbformat")}
    of_each = [[cell.get("id"), digest_of(cell)] for cell in cells]
    return {"digest": digest_of(made_from), "cells": of_each}


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in cell.items() if k not in ("outputs", "execution_count")}
    kept["source"] = "".join(cell.get("source", ""))
    about = cell.get("metadata", {})
    kept["metadata"] = {k: v for k, v in about.items() if k not in ("papermill", "execution")}
    return kept


IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(wavebook[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)|"
    r"import[ \t]+(wavebook[\w.]*))",
    re.MULTILINE,
)


def imports(path: Path) -> list[str]:
    """Return the engine's modules that one of its files names in an import, at any place in it.

    Names of functions are among them: whoever follows the imports finds no module of that name.
    """
    found = set()
    for package, names, module in IMPORT.findall(path.read_text(encoding="utf-8")):
        found.add(package or module)
        found |= {f"{package}.{name}" for name in re.findall(r"\w+", names)}
    return sorted(found)
