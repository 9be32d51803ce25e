"""An export from cells in rows: which platform wrote it, its header, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wavebook.errors import WavebookError
from wavebook.importing.export import Export
from wavebook.importing.grid import Columns, Grid, columns_of, size_note, unique_names
from wavebook.importing.header import Header, plain_header, table_top
from wavebook.importing.limesurvey import described, is_vv, limesurvey_header, unescaped
from wavebook.importing.qualtrics import qualtrics_header, qualtrics_notes
from wavebook.importing.structure import Structure


def export_of(grid: Grid, structure: Structure | None = None) -> Export:
    """Return the export that the cells of a text file or a sheet are.

    Raises
    ------
    WavebookError
        If there are no respondents, rows don't fit the header, or a structure is given and
        describes none of it.
    """
    top, above = table_top(grid)
    if qualtrics := qualtrics_header(grid.rows, top):
        if structure is not None:
            raise WavebookError(
                f"{grid.name}: written by Qualtrics; {structure.name} is of a LimeSurvey survey"
            )
        return _qualtrics(grid, qualtrics, above)
    header = limesurvey_header(grid.rows, top)
    if header or structure:
        return _limesurvey(grid, top, header or plain_header(grid, top), above, structure)
    header = plain_header(grid, top)
    columns, labels, told = _columns(grid, header)
    return _export(grid, grid.kind, header, columns, labels, (*above, *told, *columns.notes))


def _qualtrics(grid: Grid, header: Header, above: tuple[str, ...]) -> Export:
    # Choices that are ticked together are joined by commas.
    columns, labels, told = _columns(replace(grid, has_decimal_commas=False), header)
    rows = header.depth - len(above)
    notes = (f"Written by Qualtrics: {rows} header rows.", *above, *told, *columns.notes)
    more = qualtrics_notes(columns.frame)
    return _export(grid, "Qualtrics", header, columns, labels, (*notes, *more))


def _limesurvey(
    grid: Grid, top: int, header: Header, above: tuple[str, ...], structure: Structure | None
) -> Export:
    first = "Written by LimeSurvey."
    if header.depth == top + 2 and is_vv(grid.rows[top], grid.rows[top + 1]):
        first = "Written by LimeSurvey as a VV export."
        codes = [name.strip() for name in grid.rows[top + 1]]
        body = [unescaped(row, codes) for row in grid.rows[header.depth :]]
        grid = replace(grid, rows=[*grid.rows[: header.depth], *body])
    columns, labels, told = _columns(grid, header)
    found = described(columns.frame, labels, structure)
    notes = (first, *above, *told, *columns.notes, *found.notes)
    made = _export(grid, "LimeSurvey", header, columns, found.labels, notes)
    return replace(made, frame=found.frame, value_labels=found.value_labels, missing=found.missing)


def _columns(grid: Grid, header: Header) -> tuple[Columns, dict[str, str], tuple[str, ...]]:
    names, told = unique_names(header.names)
    columns = columns_of(grid, names, header.depth)
    labels = {names[place]: text for place, text in header.labels.items()}
    return columns, labels, (*header.notes, *told)


def _export(
    grid: Grid,
    kind: str,
    header: Header,
    columns: Columns,
    labels: Mapping[str, str],
    notes: tuple[str, ...],
) -> Export:
    return Export(
        name=grid.name,
        kind=kind,
        frame=columns.frame,
        labels=labels,
        value_labels={},
        missing={},
        notes=(size_note(columns.frame), *grid.notes, *notes),
        first_row=header.depth + 1,
        blank_rows=columns.blank_rows,
    )
