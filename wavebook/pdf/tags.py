"""What Typst does not yet tag by itself: the cells that head a row of a table.

Typst marks the cells of a table's head as headers of their columns. That a row's first cell is
the header of that row it can only say behind a feature flag that its Python wheel does not offer
(``pdf.header-cell``), so the tags are completed in the finished file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pikepdf

Element = pikepdf.Object

# Elements that hold running text, and so no table: most of a document, which is not looked through.
INLINE = frozenset(
    ("/P", "/Title", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/TOC", "/Caption", "/Lbl", "/Link",
     "/Span", "/Code", "/Strong", "/Em", "/Reference", "/Figure", "/Formula")
)  # fmt: skip


def tag_row_headers(path: Path, stubs: Sequence[int]) -> None:
    """Turn the first cells of tables' rows into row headers.

    Parameters
    ----------
    path
        A tagged PDF; it is rewritten, the same input to the same bytes.
    stubs
        For each table in the order of the document, how many of its first columns are headers.

    Raises
    ------
    ValueError
        If there are more or fewer tables than that: which is which could not be told.
    """
    tagged = path.with_name(f"{path.name}.tagged")
    with pikepdf.open(path) as pdf:
        root = pdf.Root.StructTreeRoot
        ids: dict[str, Element] = {}
        found = list(tables(root, nested=False))
        if len(found) != len(stubs):  # to look into every cell takes longer than all else
            found = list(tables(root, nested=True))
        if len(found) != len(stubs):
            raise ValueError(f"the PDF has {len(found)} tables, the book {len(stubs)}")
        for number, (table, stub) in enumerate(zip(found, stubs, strict=True)):
            ids.update(head_rows(table, stub, f"R{number:04}"))
        remember(root, ids)
        pdf.save(
            tagged,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,  # Typst's is right
        )
    tagged.replace(path)


def children(element: Element) -> Iterator[tuple[str, Element]]:
    """Yield the structure elements directly under one, each with its kind before it."""
    kids = element.get("/K", ())
    for kid in kids if isinstance(kids, pikepdf.Array) else (kids,):
        # Most are numbers of what stands on the page.
        if isinstance(kid, pikepdf.Dictionary) and (kind := kid.get("/S")) is not None:
            yield str(kind), kid


def tables(element: Element, *, nested: bool) -> Iterator[Element]:
    """Yield the tables under an element in reading order; `nested`: a table in a table after it."""
    for kind, child in children(element):
        if kind == "/Table":
            yield child
        if kind not in INLINE and (nested or kind != "/Table"):
            yield from tables(child, nested=nested)


def head_rows(table: Element, stub: int, prefix: str) -> Iterator[tuple[str, Element]]:
    """Make row headers of a table's first cells, and yield each with its new id."""
    bodies = [table, *(part for kind, part in children(table) if kind == "/TBody")]
    rows = [row for part in bodies for kind, row in children(part) if kind == "/TR" and stub]
    for number, row in enumerate(rows):
        cells = [cell for _, cell in children(row)]
        names = [f"{prefix}r{number:04}c{column}" for column in range(min(stub, len(cells)))]
        headers = [pikepdf.String(name) for name in names]
        for name, header, cell in zip(names, headers, cells, strict=False):
            cell.S = pikepdf.Name.TH
            cell.ID = header
            attributes(cell).Scope = pikepdf.Name.Row
            yield name, cell
        for cell in cells[len(names) :]:
            about = attributes(cell)
            if (known := about.get("/Headers")) is None:
                about.Headers = pikepdf.Array(headers)
            else:
                known.extend(headers)


def attributes(cell: Element) -> Element:
    """Return the attributes of a cell that are about tables, made if there are none."""
    given = cell.get("/A", pikepdf.Array())
    found = list(given) if isinstance(given, pikepdf.Array) else [given]
    for attribute in found:
        if attribute.get("/O") == "/Table":
            return attribute
    cell.A = pikepdf.Array([*found, pikepdf.Dictionary(O=pikepdf.Name.Table)])
    return attributes(cell)


def remember(root: Element, ids: dict[str, Element]) -> None:
    """Add ids to the document's table of ids, which has to stay sorted."""
    if ids:
        known = dict(pikepdf.NameTree(root.IDTree).items()) if "/IDTree" in root else {}
        pairs = ((pikepdf.String(name), cell) for name, cell in sorted((known | ids).items()))
        root.IDTree = pikepdf.Dictionary(Names=pikepdf.Array([*chain.from_iterable(pairs)]))
