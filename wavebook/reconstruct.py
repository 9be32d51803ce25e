"""Respondents that agree with everything a published report states of a survey, and an author's
assumptions about the rest: ``python -m wavebook.reconstruct WAVE``.

Questions are filled in as they were asked. For each, claims and assumptions become whole counts of
people; the counts go to the people who lean to the answers most; exchanges between alike people
then meet what is claimed of several rows at once. Nothing here knows what the survey is about.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wavebook.answering import who_answers
from wavebook.assumed import assumed_cells
from wavebook.assumptions import Assumptions, Guess, read_assumptions
from wavebook.cells import Sheet, places_of
from wavebook.claims import (
    bounds,
    claim_problems,
    measured,
    parse_group,
    unmet,
)
from wavebook.errors import WavebookError
from wavebook.evidence import Claim, read_evidence
from wavebook.instrument import Instrument, Question, read_yaml
from wavebook.patterns import OutOfReachError, Pattern, rearranged
from wavebook.people import People, generator
from wavebook.project import Project
from wavebook.quotas import ContradictionError, Limit
from wavebook.rankings import positions, rank_sums, rankings
from wavebook.wave import RESPONDENT, WaveFile


@dataclass(frozen=True)
class Source:
    """What a reconstruction is made from, and what its files are called in errors."""

    instrument: Instrument
    claims: Sequence[Claim]
    assumptions: Assumptions
    evidence_name: str = "evidence"
    assumptions_name: str = "assumptions"

    def contradiction(self, ids: Sequence[str], note: str = "") -> WavebookError:
        """Return the error that names claims which cannot hold at once."""
        wording = {claim.id: claim.wording for claim in self.claims}
        named = "; ".join(f"{i} ({wording[i]})" if wording.get(i) else i for i in ids)
        return WavebookError(f"{self.evidence_name}: these cannot hold at once: {named}{note}")


@dataclass(frozen=True)
class Reconstruction:
    """Respondents of each part, and the cells that nobody stated."""

    frames: Mapping[str, pd.DataFrame]
    assumed: pd.DataFrame


def reconstruct(source: Source, sizes: Mapping[str, int], year: int) -> Reconstruction:
    """Return respondents who bear out every claim.

    Parameters
    ----------
    source
        Instrument, claims and assumptions.
    sizes
        How many people each part has.
    year
        Rows and questions that did not exist then are not asked.

    Raises
    ------
    WavebookError
        If claims contradict each other, or an assumption contradicts a claim; all are named.
    """
    frames: dict[str, pd.DataFrame] = {}
    sheets: dict[str, Sheet] = {}
    for part, size in sizes.items():
        people = People.of(part, size, source.instrument, source.assumptions)
        for name, question in source.instrument.of_part(part):
            existed = (question.since or year) <= year <= (question.until or year)
            if question.type == "derived" or not existed:
                continue
            rows = [row for row, item in question.rows.items() if item.existed_in(year)] or [""]
            try:
                answered = who_answers(name, rows, people, source.claims)
                if question.type == "ranking":
                    filled = _rankings(name, rows, answered[rows[0]], people, source)
                else:
                    sheets[name] = Sheet.of(
                        name, people, answered, source.claims, source.assumptions.about(name)
                    )
                    filled = _answers(sheets[name], people, source)
            except ContradictionError as error:
                raise source.contradiction(error.sources) from None
            people.frame = pd.concat([people.frame, filled], axis=1)
        frames[part] = people.frame
    if missed := unmet(source.claims, frames, source.instrument):
        lines = [_shortfall(claim, frames, source) for claim in missed]
        raise WavebookError("\n".join(lines))
    return Reconstruction(frames, assumed_cells(frames, sheets, source.instrument, source.claims))


def _shortfall(claim: Claim, frames: Mapping[str, pd.DataFrame], source: Source) -> str:
    found = measured(claim, frames, source.instrument)
    if claim.relation == "=":
        low, high = bounds(claim)
        wanted = f"{low:g} to {high:g}"
    else:
        than = measured(claim, frames, source.instrument, than=True)
        wanted = f"{claim.relation} {than:.4f}"
    return (
        f"{source.evidence_name}: {claim.id} cannot be met with {source.assumptions_name}, "
        f"questions.{claim.question}: {found:.4f} came out, {wanted} is claimed"
    )


def _answers(sheet: Sheet, people: People, source: Source) -> pd.DataFrame:
    """Return the columns of a question that is no ranking."""
    guess = source.assumptions.about(sheet.name)
    rows = list(sheet.answered)
    patterns = _patterns(sheet, people, source, guess)
    counts = sheet.counts(guess, source.assumptions_name, _answers_a_person(sheet, guess))
    answers = sheet.question.answers
    codes = np.full((len(people.frame), len(rows)), -1, dtype=np.int64)
    scores = np.zeros(codes.shape)
    for k, row in enumerate(rows):
        column = f"{sheet.name}__{row}" if row else sheet.name
        scores[:, k] = people.score(
            column, row, {**guess.loadings, **guess.preference(row).loadings}
        )
        for s in range(len(sheet.strata)):
            here = np.flatnonzero(sheet.answered[row] & (sheet.stratum == s))
            here = here[np.argsort(-scores[here, k], kind="stable")]
            given = [counts[sheet.index[row, s, o]] for o in sheet.options]
            if sheet.question.type == "multiple":
                given.append(len(here) - given[0])
            codes[here, k] = np.repeat(np.arange(len(given)), given)
    rng = generator(source.assumptions.seed, f"exchange:{sheet.name}")
    try:
        codes = rearranged(codes, sheet.stratum, scores, patterns, rng)
    except OutOfReachError as error:
        raise source.contradiction(
            error.sources,
            f" with the other claims on {sheet.name} and {source.assumptions_name}",
        ) from None
    columns = {
        (f"{sheet.name}__{row}" if row else sheet.name): [
            answers[code] if code >= 0 else None for code in codes[:, k]
        ]
        for k, row in enumerate(rows)
    }
    return pd.DataFrame(columns, index=people.frame.index, dtype=object)


def _answers_a_person(sheet: Sheet, guess: Guess) -> list[Limit]:
    """Return what the joint assumptions of a multiple question imply for its total.

    If everybody gives at least three answers and nobody four, there are three a person.
    """
    if sheet.question.type != "multiple":
        return []
    cells = dict.fromkeys(sheet.index.values(), 1.0)
    n = int(np.any(list(sheet.answered.values()), axis=0).sum())
    least = max((j.at_least for j in guess.joint if j.share == 1), default=0)
    most = min((j.at_least - 1 for j in guess.joint if j.share == 0), default=len(sheet.answered))
    return [Limit(cells, n * least, n * most)]


def _patterns(sheet: Sheet, people: People, source: Source, guess: Guess) -> list[Pattern]:
    """Return what claims on derived questions, and joint assumptions, say of several rows."""
    answers = list(sheet.question.answers)
    rows = list(sheet.answered)
    patterns = []
    for name, derived in source.instrument.questions.items():
        if derived.type != "derived" or derived.source != sheet.name:
            continue
        columns = tuple(k for k, row in enumerate(rows) if row in (derived.from_rows or rows))
        options = tuple(answers.index(o) for o in derived.from_options)
        base = np.any([sheet.answered[rows[k]] for k in columns], axis=0)
        for claim in source.claims:
            if claim.question != name or claim.measure not in ("share", "count"):
                continue
            if claim.relation != "=" or claim.option != "yes":
                continue
            members = base & people.belonging(parse_group(claim.group))
            unit = int(members.sum()) if claim.measure == "share" else 1
            low, high = bounds(claim)
            patterns.append(
                Pattern(
                    columns,
                    options,
                    derived.at_least,
                    members,
                    ceil(unit * low - 1e-9),
                    floor(unit * high + 1e-9),
                    claim.id,
                )
            )
    for joint in guess.joint:
        columns = tuple(k for k, row in enumerate(rows) if row in (joint.rows or rows))
        options = tuple(answers.index(o) for o in joint.options)
        members = np.any([sheet.answered[rows[k]] for k in columns], axis=0)
        members &= people.belonging(parse_group(joint.group))
        n = round(joint.share * int(members.sum()))
        name = f"questions.{sheet.name}.joint"
        patterns.append(Pattern(columns, options, joint.at_least, members, n, n, name))
    return patterns


def _rankings(
    name: str, rows: Sequence[str], answered: NDArray[np.bool_], people: People, source: Source
) -> pd.DataFrame:
    """Return the columns of a ranking."""
    guess = source.assumptions.about(name)
    claims = [c for c in source.claims if c.question == name]
    ranks = [c for c in claims if c.measure == "rank" and c.relation == "="]
    columns = {column for c in claims for column in parse_group(c.group)} | guess.group_columns()
    strata, stratum = people.strata(sorted(columns))
    means = guess.means_of(len(rows)) or [float(place) for place in range(1, len(rows) + 1)]
    codes = np.full((len(people.frame), len(rows)), -1, dtype=np.int64)
    shared = guess.taste or name
    taste = np.stack(
        [
            0.8 * people.noise(f"taste:{shared}:{row}") + 0.6 * people.noise(f"{name}:{row}")
            for row in rows
        ],
        axis=1,
    )
    for s, group in enumerate(strata):
        here = np.flatnonzero(answered & (stratum == s))
        about = [c for c in ranks if parse_group(c.group).items() <= group.items()]
        order = _order(guess, group)
        _check_order(order, about, name, source)
        groups = positions(rows, places_of(about), order)
        sums = rank_sums(groups, means, len(here))
        target = np.array([sums[row] for row in rows], dtype=np.int64)
        codes[here] = rankings(target, taste[here] * len(rows) * 0.28)
    columns_filled = {
        f"{name}__{row}": [str(c) if c > 0 else None for c in codes[:, k]]
        for k, row in enumerate(rows)
    }
    return pd.DataFrame(columns_filled, index=people.frame.index, dtype=object)


def _order(guess: Guess, group: Mapping[str, str]) -> tuple[str, ...]:
    for text, order in guess.order.items():
        if text != "all" and parse_group(text).items() <= group.items():
            return order
    return guess.order.get("all", ())


def _check_order(order: Sequence[str], claims: Sequence[Claim], name: str, source: Source) -> None:
    pinned = {c.row: c.id for c in claims if bounds(c)[0] == bounds(c)[1]}
    for row in order:
        if row in pinned:
            raise WavebookError(
                f"{source.assumptions_name}: questions.{name}.order: '{row}' is assumed to have "
                f"a place, but {pinned[row]} states it"
            )


# Files and command line


def main(arguments: Sequence[str] | None = None) -> int:
    """Reconstruct a wave of the project in the current folder; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1 or given[0].startswith("-"):
        print("usage: python -m wavebook.reconstruct WAVE", file=sys.stderr)
        return 2
    try:
        print(write_reconstruction(Project.find(), given[0]))
    except WavebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_source(project: Project, wave: str) -> tuple[Source, WaveFile]:
    """Return what a wave's reconstruction is made from."""
    folder = project.wave_folder(wave)
    name = project.relative(folder / "wave.yml")
    about = WaveFile.model_validate(read_yaml(folder / "wave.yml", name))
    if about.status != "reconstruction" or not about.evidence:
        raise WavebookError(f"{name}: this wave is not a reconstruction from evidence")
    claims = read_evidence(project.root / about.evidence, about.evidence).claims
    if problems := claim_problems(claims, project.instrument, about.evidence):
        raise WavebookError.of(problems)
    path = folder / "assumptions.yml"
    assumptions_name = project.relative(path)
    assumptions = read_assumptions(path, assumptions_name, project.instrument)
    source = Source(project.instrument, claims, assumptions, about.evidence, assumptions_name)
    return source, about


def write_reconstruction(project: Project, wave: str) -> str:
    """Write a wave's respondents and assumed cells, all files or none; return a summary."""
    source, about = read_source(project, wave)
    sizes = {part: file.respondents or 0 for part, file in about.parts.items()}
    made = reconstruct(source, sizes, about.year)
    folder = project.wave_folder(wave)
    files: dict[Path, str] = {}
    for part, frame in made.frames.items():
        ids = [f"{part[0]}{number:04d}" for number in range(1, len(frame) + 1)]
        numbered = pd.concat([pd.Series(ids, name=RESPONDENT), frame], axis=1)
        files[folder / about.parts[part].file] = numbered.to_csv(index=False, lineterminator="\n")
    files[folder / "assumed.csv"] = made.assumed.to_csv(index=False, lineterminator="\n")
    _write_together(files)
    people = ", ".join(f"{len(frame)} {part}" for part, frame in made.frames.items())
    return (
        f"{project.relative(folder)}: {people} respondents; {len(source.claims)} claims met; "
        f"{len(made.assumed)} cells assumed"
    )


def _write_together(files: Mapping[Path, str]) -> None:
    """Write every file under another name first, so that a full disk spoils none."""
    drafts = {path: path.with_name(f".{path.name}.new") for path in files}
    try:
        for path, text in files.items():
            drafts[path].write_text(text, encoding="utf-8", newline="\n")
        for path, draft in drafts.items():
            os.replace(draft, path)
    except OSError as error:
        raise WavebookError(f"{error.filename}: cannot be written: {error.strerror}") from None
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
