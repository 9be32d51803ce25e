"""An export from cells in rows: which platform wrote it, its header, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wavebook.errors import WavebookError
from wavebook.importing.export import Export
from wavebook.importing.grid import Columns, Grid, columns_of, size_note
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
        return _qualtrics(grid, top, qualtrics, above)
    header = limesurvey_header(grid.rows, top)
    if header or structure:
        return _limesurvey(grid, top, header or plain_header(grid, top), above, structure)
    header = plain_header(grid, top)
    columns = columns_of(grid, header.names, header.depth)
    notes = (*above, *header.notes, *columns.notes)
    return _export(grid, grid.kind, header, columns, {}, notes)


def _qualtrics(grid: Grid, top: int, header: Header, above: tuple[str, ...]) -> Export:
    # Choices that are ticked together are joined by commas.
    columns = columns_of(replace(grid, has_decimal_commas=False), header.names, header.depth)
    rows = header.depth - top
    first = f"Written by Qualtrics: {rows} header rows."
    notes = (first, *above, *header.notes, *columns.notes, *qualtrics_notes(columns.frame))
    return _export(grid, "Qualtrics", header, columns, _labels(header, columns), notes)


def _limesurvey(
    grid: Grid, top: int, header: Header, above: tuple[str, ...], structure: Structure | None
) -> Export:
    first = "Written by LimeSurvey."
    if header.depth == top + 2 and is_vv(grid.rows[top], grid.rows[top + 1]):
        first = "Written by LimeSurvey as a VV export."
        codes = [name.strip() for name in grid.rows[top + 1]]
        body = [unescaped(row, codes) for row in grid.rows[header.depth :]]
        grid = replace(grid, rows=[*grid.rows[: header.depth], *body])
    columns = columns_of(grid, header.names, header.depth)
    found = described(columns.frame, _labels(header, columns), structure)
    notes = (first, *above, *header.notes, *columns.notes, *found.notes)
    made = _export(grid, "LimeSurvey", header, columns, found.labels, notes)
    return replace(made, frame=found.frame, value_labels=found.value_labels, missing=found.missing)


def _labels(header: Header, columns: Columns) -> dict[str, str]:
    return {name: header.labels[at] for at, name in columns.names.items() if at in header.labels}


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
        sheet=grid.sheet,
        commas=columns.commas,
    )
