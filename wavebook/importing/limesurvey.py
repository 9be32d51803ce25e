"""Responses as LimeSurvey exports them: by codes or by labels, with or without its structure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from wavebook.errors import WavebookError, listing
from wavebook.importing.encoding import decode
from wavebook.importing.header import Header, Rows
from wavebook.importing.structure import Answers, Field, Structure, flat, read_bytes, read_lss
from wavebook.importing.values import plain_text

# What LimeSurvey itself keeps of a response: its code, and its heading in full in English.
OWN = {
    "submitdate": "date submitted",
    "lastpage": "last page",
    "startlanguage": "start language",
    "seed": "seed",
    "startdate": "date started",
    "datestamp": "date last action",
    "refurl": "referrer url",
}
ALSO_OWN = {"id": "response id", "ipaddr": "ip address", "token": "access code"}
CODE_OF = {heading: code for code, heading in (OWN | ALSO_OWN).items()}
ENOUGH = 2  # of these columns, and no other platform writes such a file
NOT_SHOWN = "{question_not_shown}"
NOT_APPLICABLE = "N/A"
YES_NO = {"Y", "N", "Yes", "No", "M", "F", "Male", "Female", NOT_APPLICABLE}
# How a VV file writes what would break its lines.
ESCAPES = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{quote}": '"', "{lbrace}": "{"}
ESCAPE = re.compile("|".join(map(re.escape, ESCAPES)))
CODE_AND_TEXT = re.compile(r"([A-Za-z]\w*(?:\[[^\]]*\]){0,2})\. (\S.*)", re.DOTALL)


@dataclass(frozen=True)
class Described:
    """Answers with what a structure says of them."""

    frame: pd.DataFrame
    labels: Mapping[str, str]
    value_labels: Mapping[str, Answers]
    missing: Mapping[str, Answers]
    notes: tuple[str, ...]


def limesurvey_header(rows: Rows, top: int) -> Header | None:
    """Return the header of an export by LimeSurvey; None if it is none.

    A VV export has two rows, question texts above codes; a response export one, of codes, texts,
    or both.
    """
    if len(rows) > top + 1 and is_vv(rows[top], rows[top + 1]):
        texts, codes = rows[top], rows[top + 1]
        width = max(i for i, code in enumerate(codes, 1) if code.strip())
        labels = {i: flat(text) for i, text in enumerate(texts[:width]) if text.strip()}
        return Header(top + 2, tuple(plain_text(code) for code in codes[:width]), labels)
    names = [plain_text(name) for name in rows[top]]
    both = [CODE_AND_TEXT.fullmatch(name) for name in names]
    codes = [match[1] if match else name for match, name in zip(both, names, strict=True)]
    if not _is_own(codes):
        return None
    width = max(i for i, code in enumerate(codes, 1) if code)
    labels = {i: flat(match[2]) for i, match in enumerate(both[:width]) if match}
    return Header(top + 1, tuple(codes[:width]), labels)


def is_vv(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether two rows are the header of a VV export: its codes stand in the second."""
    return _is_own([code.strip() for code in second]) and "id" in second and len(first) > ENOUGH


def read_structure(path: Path, name: str) -> Structure:
    """Return what a ``.lss`` file or a VV export says of a survey's columns.

    Raises
    ------
    WavebookError
        If it is neither.
    """
    raw = read_bytes(path, name)
    if not raw:
        raise WavebookError(f"{name}: the file is empty")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or path.suffix.lower() == ".lss":
        return read_lss(raw, name)
    lines = [line.split("\t") for line in decode(raw, name).text.splitlines()[:2]]
    if len(lines) < 2 or not is_vv(*lines):
        raise WavebookError(f"{name}: neither a LimeSurvey structure (.lss) nor a VV export")
    texts = {code.strip(): flat(text) for text, code in zip(*lines, strict=False) if code.strip()}
    fields = tuple(
        Field(code, text, other_names=_of_scale(code, texts))
        for code, text in texts.items()
        if text != code
    )
    return Structure(name, fields, has_names=False)


def _of_scale(code: str, codes: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a response export calls a column of a dual scale: VV counts the scales from 0."""
    base, _, scale = code.rpartition("_")
    if scale in ("0", "1") and f"{base}_0" in codes:
        return (f"{base}_{int(scale) + 1}",)
    return ()


def unescaped(row: Sequence[str], codes: Sequence[str]) -> list[str]:
    """Return a row of a VV export as the respondent wrote it."""
    cells = [ESCAPE.sub(lambda found: ESCAPES[found[0]], cell) for cell in row]
    if "submitdate" in codes and len(cells) > (place := codes.index("submitdate")):
        cells[place] = "" if cells[place] == "NULL" else cells[place]
    return cells


def described(
    frame: pd.DataFrame, labels: Mapping[str, str], structure: Structure | None
) -> Described:
    """Return responses by the survey's codes, with the texts that its structure has for them.

    Parameters
    ----------
    labels
        Question texts from the header, by column.

    Raises
    ------
    WavebookError
        If the structure describes none of the columns.
    """
    notes = list(_completeness(frame))
    value_labels: dict[str, Answers] = {}
    if structure is not None:
        known = _matched(frame, structure)
        if not known:
            raise WavebookError(
                f"{structure.name}: describes none of the columns {listing(map(str, frame), 5)}: "
                "is it of another survey?"
            )
        frame, labels = _with_codes(frame, labels) if structure.has_names else (frame, labels)
        others = [c for c in frame if c not in known and str(c).lower() not in OWN | ALSO_OWN]
        notes.append(f"{structure.name} describes {len(known):,} of {frame.shape[1]:,} columns.")
        if others:
            notes.append(f"It says nothing of {listing(map(str, others))}.")
        frame = frame.rename(columns={old: one.name for old, one in known.items()})
        labels = {known[old].name if old in known else old: text for old, text in labels.items()}
        labels = {**labels, **{one.name: one.text for one in known.values() if one.text}}
        frame, value_labels, told = _coded(frame, structure, list(known.values()))
        notes += told
    return Described(frame, labels, value_labels, _missing(frame), tuple(notes))


def _is_own(codes: Sequence[str]) -> bool:
    lower = {code.lower() for code in codes}
    return len(lower & set(OWN)) >= ENOUGH or len(lower & set(OWN.values())) >= ENOUGH


def _completeness(frame: pd.DataFrame) -> tuple[str, ...]:
    column = next((c for c in frame if str(c).lower() in ("submitdate", "date submitted")), None)
    if column is None:
        return ()
    open_ones = int(frame[column].isna().sum())
    if not open_ones:
        return ()
    return (f"Not submitted ({column} is empty): {open_ones:,} of {len(frame):,} responses.",)


def _matched(frame: pd.DataFrame, structure: Structure) -> dict[str, Field]:
    """Return the field of each column: by its code as any export writes it, or by its text."""
    by_name: dict[str, Field] = {}
    by_key: dict[str, Field] = {}
    for one in structure.fields:
        for name in (one.name, *one.other_names):
            by_name.setdefault(name, one)
            by_key.setdefault(_key(name), one)
    texts = Counter(one.text.casefold() for one in structure.fields)
    by_text = {
        one.text.casefold(): one for one in structure.fields if texts[one.text.casefold()] == 1
    }
    columns = [str(column) for column in frame.columns]
    found: dict[str, Field] = {}
    ways: tuple[Callable[[str], Field | None], ...] = (
        by_name.get,
        lambda column: by_key.get(_key(column)),
        lambda column: by_text.get(flat(column).casefold()),
    )
    for way in ways:
        taken = {one.name for one in found.values()}
        for column in columns:
            match = way(column)
            if column not in found and match is not None and match.name not in taken:
                taken.add(match.name)
                found[column] = match if structure.has_names else replace(match, name=column)
    return found


def _with_codes(
    frame: pd.DataFrame, labels: Mapping[str, str]
) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Return LimeSurvey's own columns under their codes where they have headings in full."""
    new = {c: CODE_OF[c.lower()] for c in map(str, frame) if c.lower() in CODE_OF}
    new = {old: code for old, code in new.items() if code not in frame}
    return frame.rename(columns=new), {new.get(c, c): text for c, text in labels.items()}


def _key(name: str) -> str:
    return re.sub(r"[\[\]#_]+", "_", name).strip("_").casefold()


def _coded(
    frame: pd.DataFrame, structure: Structure, fields: Sequence[Field]
) -> tuple[pd.DataFrame, dict[str, Answers], list[str]]:
    """Return the frame with codes where it has labels, and what the codes stand for."""
    with_answers = [one for one in fields if one.answers]
    language = _language(frame, structure, with_answers)
    value_labels: dict[str, Answers] = {}
    unknown, turned = [], 0
    columns = {str(name): frame[name] for name in frame}
    for one in with_answers:
        answers = one.answers.get(language) or next(iter(one.answers.values()))
        cells = columns[one.name]
        present = set(cells.dropna())
        by_label = {label: code for code, label in reversed(list(answers.items()))}
        if not present <= set(answers) and present & set(by_label):
            cells = cells.map(lambda cell, by=by_label: by.get(cell, cell), na_action="ignore")
            columns[one.name] = cells.astype("str")
            turned += 1
        strange = set(columns[one.name].dropna()) - set(answers) - {NOT_SHOWN, NOT_APPLICABLE}
        if strange:
            unknown.append(f"{one.name} ('{min(strange)[:40]}')")
        value_labels[one.name] = dict(answers)
    notes = []
    if turned:
        notes.append(f"Answers in words were turned into codes in {turned:,} columns.")
    if unknown:
        notes.append(f"Answers that the structure does not know: {', '.join(unknown[:8])}.")
    return pd.DataFrame(columns, index=frame.index), value_labels, notes


def _language(frame: pd.DataFrame, structure: Structure, fields: Sequence[Field]) -> str:
    """Return the language whose labels stand in the cells; the survey's own if none do."""
    hits: Counter[str] = Counter()
    for one in fields:
        present = set(frame[one.name].dropna())
        for language, answers in one.answers.items():
            hits[language] += len(present & set(answers.values()))
    best = max(hits, key=lambda one: (hits[one], one == structure.language), default="")
    return best if hits[best] else structure.language


def _missing(frame: pd.DataFrame) -> dict[str, Answers]:
    """Return the codes by which LimeSurvey itself says that a question was not shown."""
    found: dict[str, Answers] = {}
    for name in map(str, frame.columns):
        present = set(frame[name].dropna())
        codes = present & {NOT_SHOWN}
        if present <= YES_NO:  # elsewhere a respondent may have written it
            codes |= present & {NOT_APPLICABLE}
        if codes:
            found[name] = dict.fromkeys(sorted(codes), "not shown")
    return found
