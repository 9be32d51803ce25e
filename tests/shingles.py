"""Runs of words of the book and, hashed, of its sources, whose own text is not ours to keep.

``python tests/shingles.py SOURCE...`` reads source texts and writes ``tests/sources.shingles``:
the sorted hashes, five bytes each, of every run of eight words in them.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

LENGTH = 8
BYTES = 5
STORE = Path(__file__).with_name("sources.shingles")
ALLOWED = Path(__file__).with_name("allowed-phrases.txt")

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
CODE = re.compile(r"^(```|~~~)\s*$.*?^\1\s*$", re.DOTALL | re.MULTILINE)
ROLE = re.compile(r"\{[a-z:]+\}`[^`]*`")
PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
TARGET = re.compile(r"\]\([^)]*\)|^\([a-z0-9-]+\)=$", re.MULTILINE)
OPTION = re.compile(r"^:[a-z-]+:.*$", re.MULTILINE)
FENCE = re.compile(r"^\s*(`{3,}|:{3,})(\{[a-z:-]+\}.*)?$", re.MULTILINE)
BREAK = " \x00 "


def words(text: str) -> list[str]:
    """Return the words of a text, small and without accents or typographic marks."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'")).lower()
    return WORD.findall(plain)


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every run of eight words that no break interrupts."""
    for piece in text.split(BREAK.strip()):
        found = words(piece)
        for start in range(len(found) - LENGTH + 1):
            yield tuple(found[start : start + LENGTH])


def hashed(run: Iterable[str]) -> bytes:
    """Return a run's hash."""
    return hashlib.blake2b(" ".join(run).encode(), digest_size=BYTES).digest()


def stored() -> frozenset[bytes]:
    """Return the hashes of the sources' runs."""
    data = STORE.read_bytes()
    return frozenset(data[i : i + BYTES] for i in range(0, len(data), BYTES))


def allowed() -> frozenset[tuple[str, ...]]:
    """Return the runs in titles, names of roles and quoted terms."""
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return frozenset(run for line in lines if not line.startswith("#") for run in runs(line))


def prose(markdown: str) -> str:
    """Return what a reader reads of Markdown; a placeholder breaks the run of words."""
    text = CODE.sub(BREAK, markdown)
    text = PLACEHOLDER.sub(BREAK, STATEMENT.sub(BREAK, text))
    for pattern in (ROLE, TARGET, OPTION, FENCE):
        text = pattern.sub(" ", text)
    return text


def chapters(root: Path) -> Iterator[tuple[str, str]]:
    """Yield name and prose of every chapter: Markdown, and the text of notebooks as run."""
    for path in sorted((root / "index.md", *root.glob("book/*.md"))):
        yield path.name, prose(path.read_text(encoding="utf-8"))
    for path in sorted((*root.glob("book/*.ipynb"), *root.glob("notebooks/*.ipynb"))):
        yield path.name, BREAK.join(notebook_texts(path, as_run=True))


def notebook_texts(path: Path, *, as_run: bool) -> Iterator[str]:
    """Yield the text of a notebook's cells: commentary as it came out, or as it was typed."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield prose(source)
        elif not as_run and source.startswith("%%commentary"):
            yield prose(source.partition("\n")[2])
        elif as_run:
            for output in cell["outputs"]:
                text = output.get("data", {}).get("text/markdown", "")
                yield ROLE.sub(" ", TARGET.sub(" ", "".join(text)))


def main(sources: Iterable[str]) -> None:
    """Write the hashes of the given source texts."""
    found = {
        hashed(run) for source in sources for run in runs(Path(source).read_text(encoding="utf-8"))
    }
    STORE.write_bytes(b"".join(sorted(found)))


if __name__ == "__main__":
    main(sys.argv[1:])
