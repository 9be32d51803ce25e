"""A draft as YAML with comments, and as a list of what to look at in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wavebook.drafting.draft import Draft, DraftedPart, DraftedQuestion, Line
from wavebook.drafting.yaml_text import scalar
from wavebook.importing.mapping import GAP

LONGEST_KEY = 1000
LONGEST = 90  # characters of a comment
MOST_LINES = 40  # of one kind in the list; the file has all


def mapping_text(draft: Draft, name: str) -> str:
    """Return the draft as the text of a mapping file.

    Parameters
    ----------
    name
        The file's, for the command that reads it.
    """
    return "\n".join(_lines(draft, name)) + "\n"


def _lines(draft: Draft, name: str) -> Iterator[str]:
    sources = " ".join(draft.sources)
    wave = next((line.value for line in draft.wave if line.key == "id"), None) or "ID"
    yield f"# Which columns of {' and '.join(draft.sources)} answer which questions of the"
    yield f"# '{_short(draft.survey)}'."
    yield "#"
    yield "# Behind each line stands how sure it is (certain, likely, guess), why, and what the"
    yield f"# export says. {GAP} is a gap: fill it, or take the line out. Then run"
    yield f"#   wavebook add {sources} --wave {wave} --mapping {name}"
    yield "# which writes nothing unless all of it is sound. 'not asked' makes a cell empty."
    yield ""
    yield "wave:"
    yield from _wave(draft.wave)
    yield ""
    yield "parts:"
    for part, drafted in draft.parts.items():
        yield f"  {part}:{_comment(drafted.label)}"
        yield from _part(drafted)
    yield ""
    yield "# Columns that are not needed, by name or pattern (Q99_*)."
    yield "ignore:"
    yield from (f"  - {scalar(line.key)}{_comment(line.note)}" for line in draft.ignored)
    if draft.left:
        yield "  # `wavebook add` warns of these until a question above or this list has them:"
        yield from (f"  # - {scalar(line.key)}{_comment(line.note)}" for line in draft.left)


def _wave(lines: Sequence[Line]) -> Iterator[str]:
    yield from (_line(line, 2) for line in lines if "." not in line.key)
    yield "  fieldwork:  # first and last month, or day"
    for line in lines:
        if line.key.startswith("fieldwork."):
            yield _line(line, 4, line.key.partition(".")[2])
    if not any(line.key == "fielded_by" for line in lines):
        yield "  # fielded_by: who did the interviews"
    if not any(line.key == "provenance" for line in lines):
        yield "  # provenance: how and when the export came about"


def _part(part: DraftedPart) -> Iterator[str]:
    yield "    source:"
    yield from (_line(line, 6) for line in part.source)
    if part.only:
        yield "    only:  # rows of this part that count; a line taken out lets all of them in"
        yield from (_line(line, 6) for line in part.only)
    yield from (_line(line, 4) for line in part.roles)
    told = {line.key for line in part.roles}
    if "respondent" not in told:
        yield "    # respondent: the column with their ids; without it they are numbered"
    if "weight" not in told:
        yield "    # weight: the column with their weights (strata, cluster, fpc likewise)"
    if "missing" not in told:
        yield "    # missing: {-9: not asked}  # codes that mean the same in every column"
    yield "    questions:"
    for question in part.questions:
        yield ""
        yield from _question(question)
    if part.not_found:
        yield ""
        yield "      # No column was found for these. A question that was not asked needs no line."
        for name, label in part.not_found.items():
            yield f"      # {name}: {_short(label)}"


def _question(question: DraftedQuestion) -> Iterator[str]:
    yield f"      {question.name}:{_comment(question.label)}"
    if question.form in ("column", "joined"):
        yield from (_line(line, 8, "column") for line in question.columns)
    elif question.form == "places":
        yield "        places:  # the columns of the first place, the second, …"
        for line in question.columns:
            yield f"          - {_value(line)}{_comment(_note(line))}"
    else:
        yield "        columns:"
        for line in question.columns:
            yield from _column(line, question)
    for line in question.more:
        yield _line(line, 8)
    if question.codes:
        yield "        codes:"
        yield from (_code(line, 10) for line in question.codes)


def _column(line: Line, question: DraftedQuestion) -> Iterator[str]:
    own = question.own.get(line.key)
    if not own:
        yield _line(line, 10)
        return
    yield f"          {scalar(line.key)}:{_comment('its codes differ from the others')}"
    yield _line(line, 12, "column")
    yield "            codes:"
    yield from (_code(code, 14) for code in own)


def _code(line: Line, indent: int) -> str:
    if line.value == "":
        return f"{' ' * indent}# {scalar(line.key)}:{_comment(line.note)}"
    return _line(line, indent)


def _line(line: Line, indent: int, key: str | None = None) -> str:
    name, before = scalar(line.key if key is None else key), " " * indent
    value = f"{_value(line)}{_comment(_note(line))}"
    # Longer keys stand on a line of their own (YAML 1.1, 9.3.2).
    return (
        f"{before}{name}: {value}"
        if len(name) < LONGEST_KEY
        else f"{before}? {name}\n{before}: {value}"
    )


def _value(line: Line) -> str:
    if line.value is None:
        return GAP
    return line.value if line.is_yaml else scalar(line.value)


def _note(line: Line) -> str:
    if line.value is None and line.candidates:
        *some, last = line.candidates
        meant = f"{', '.join(some)} or {last}" if some else last
        return f"{meant}? {line.note}"
    return line.note


def _comment(text: str) -> str:
    return f"  # {_short(text)}" if text else ""


def _short(text: str) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def to_look_at(draft: Draft) -> Iterator[str]:
    """Yield what an author should look at: gaps first, then guesses, then what is only likely."""
    lines = list(draft.lines())
    yield from draft.notes
    for sure, heading in (
        ("gap", "Gaps, which `wavebook add` refuses"),
        ("guess", "Guesses, to be checked one by one"),
    ):
        found = [(path, line) for path, line in lines if line.sure == sure]
        if found:
            yield f"{heading} ({len(found):,}):"
        for path, line in found[:MOST_LINES]:
            note = _note(line).removeprefix(f"{sure} ")
            yield f"  {path}: {_value(line)}{f'  {_short(note)}' if note else ''}"
        if len(found) > MOST_LINES:
            yield f"  … {len(found) - MOST_LINES:,} more, marked in the file"
    likely = Counter(_subject(path) for path, line in lines if line.sure == "likely")
    if likely:
        told = ", ".join(f"{name} {count}" for name, count in likely.items())
        yield f"Likely, to be read through ({likely.total():,}): {told}"
    for name, part in draft.parts.items():
        if part.not_found:
            yield f"No column for these of {name}: {', '.join(part.not_found)}"
    if draft.left:
        names = ", ".join(line.key for line in draft.left[:MOST_LINES])
        more = f", … {len(draft.left) - MOST_LINES:,} more" if len(draft.left) > MOST_LINES else ""
        yield f"Columns that belong nowhere ({len(draft.left):,}): {names}{more}"
    certain = sum(line.sure == "certain" for _, line in lines)
    yield f"{certain:,} of {len(lines):,} lines are certain."


def _subject(path: str) -> str:
    """Return what a line is about: its question, or the key."""
    keys = path.split(".")
    return keys[3] if keys[0] == "parts" and len(keys) > 3 else keys[-1]
