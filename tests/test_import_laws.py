"""Whatever form an agency gives to answers, what is drafted and added are the same answers."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ALLOTMENTS
from tests.exports import REGRETS, TOOLS, extend
from wavebook.drafting.columns import columns_of
from wavebook.drafting.draft import Draft, DraftedPart, Line, draft_question
from wavebook.drafting.exports import Source, draft_mapping
from wavebook.drafting.matching import match_columns
from wavebook.drafting.text import mapping_text
from wavebook.importing import Export
from wavebook.importing.add import Request, add
from wavebook.importing.mapping import GAP
from wavebook.instrument import Question
from wavebook.project import Project
from wavebook.yaml_file import read_yaml

SITES = ["north", "south"]
AMOUNTS = ["plenty", "some", "none_at_all"]
JOYS = ["digging", "eating", "talking"]
CHOICES = ["spade", "rake", "net"]


@st.composite
def respondents(draw: st.DrawFn) -> pd.DataFrame:
    """Return answers as the instrument has them; each question answered by somebody."""
    rows = []
    for number in range(draw(st.integers(3, 12))):
        row: dict[str, str | None] = {"respondent": f"r{number}"}
        row["site"] = draw(st.sampled_from([*SITES, None]))
        for plant in ("beans", "roses"):
            row[f"grows__{plant}"] = draw(st.sampled_from([*AMOUNTS, None]))
        if number == 0:  # both bases have somebody in them
            row["grows__roses"] = "none_at_all"
        asked = row["grows__roses"] == "none_at_all"
        order = draw(st.permutations(JOYS)) if draw(st.booleans()) or number == 0 else []
        row |= {f"joy__{joy}": str(order.index(joy) + 1) if order else None for joy in JOYS}
        row["why_none"] = draw(st.sampled_from(["thorns", "price"])) if asked else None
        for name in ("tools", "regrets"):
            ticked = {"spade", "rake"} if number == 0 else draw(st.sets(st.sampled_from(CHOICES)))
            unsure = number > 0 and draw(st.integers(0, 4)) == 0
            for choice in CHOICES:
                said = "dont_know" if unsure else "yes" if choice in ticked else "no"
                row[f"{name}__{choice}"] = said if asked or name == "tools" else None
        rows.append(row)
    return pd.DataFrame(rows).astype("str")


@dataclass(frozen=True)
class Style:
    """How an agency writes an export.

    Attributes
    ----------
    names
        What columns are called: as ours, or by the question's text.
    values
        Our codes, our labels, or numbers with value labels (in SPSS and Stata).
    choices
        What is ticked: `words` for both, `one` for ticked and empty for left, all `joined`.
    ranks
        The rank of each row, or the row on each place.
    """

    file: str
    names: str
    values: str
    choices: str
    ranks: str


def styles() -> st.SearchStrategy[Style]:
    shared = {
        "choices": st.sampled_from(["words", "zeros", "one", "joined"]),
        "ranks": st.sampled_from(["ranks", "places"]),
    }
    return st.one_of(
        st.builds(
            Style,
            file=st.sampled_from(["csv", "tsv", "xlsx", "parquet"]),
            names=st.sampled_from(["ours", "texts"]),
            values=st.sampled_from(["codes", "labels"]),
            **shared,
        ),
        st.builds(
            Style,
            file=st.just("sav"),
            names=st.just("numbers"),
            values=st.just("numbers"),
            **shared,
        ),
    )


class Agency:
    """Writes answers in a style, as a program does that has never heard of ours."""

    def __init__(self, project: Project, frame: pd.DataFrame, style: Style) -> None:
        self.project, self.frame, self.style = project, frame, style
        self.columns: dict[str, pd.Series[Any]] = {}
        self.labels: dict[str, str] = {}
        self.value_labels: dict[str, dict[Any, str]] = {}

    def write(self, folder: Path) -> Path:
        """Write the export and return its path."""
        self.columns["respondent"] = self.frame["respondent"]
        for name, question in self.project.instrument.questions.items():
            if question.type == "multiple":
                self._choices(name, question)
            elif question.type == "ranking" and self.style.ranks == "places":
                self._places(name, question)
            elif question.type != "derived":
                for column, row in question.columns(name).items():
                    self._answers(column, question, row)
        made = pd.DataFrame(self.columns)
        path = folder / f"export.{self.style.file}"
        if self.style.file == "sav":
            pyreadstat.write_sav(
                made, path, column_labels=self.labels, variable_value_labels=self.value_labels
            )
        elif self.style.file == "dta":
            pyreadstat.write_dta(
                made,
                path,
                column_labels=[self.labels.get(name, "") for name in made],
                variable_value_labels={
                    name: {int(code): label for code, label in told.items()}
                    for name, told in self.value_labels.items()
                },
            )
        elif self.style.file == "xlsx":
            made.to_excel(path, index=False)
        elif self.style.file == "parquet":
            made.to_parquet(path, index=False)
        else:
            separator = "\t" if self.style.file == "tsv" else ","
            made.to_csv(path, index=False, sep=separator)
        return path

    def _put(self, ours: str, text: str, cells: pd.Series[Any], labels: dict[str, str]) -> None:
        if self.style.names == "numbers":
            name = f"V{len(self.columns)}"
            codes = {answer: float(at) for at, answer in enumerate(labels)}
            if labels:
                cells = cells.map(codes)
                self.value_labels[name] = {codes[a]: label for a, label in labels.items()}
            self.labels[name] = text
        else:
            name = ours if self.style.names == "ours" else text
            if self.style.values == "labels" and labels:
                cells = cells.map(labels)
        self.columns[name] = cells

    def _answers(self, column: str, question: Question, row: str) -> None:
        cells = self.frame[column]
        labels = {o: " ".join(i.label.split()) for o, i in question.options.items()}
        if question.type == "ranking":
            cells, labels = pd.to_numeric(cells), {}
        text = f"{question.label} [{question.rows[row].label}]" if row else question.label
        self._put(column, text, cells, labels)

    def _places(self, name: str, question: Question) -> None:
        labels = {row: item.label for row, item in question.rows.items()}
        for place in range(1, len(labels) + 1):
            there = self.frame[[f"{name}__{row}" for row in labels]] == str(place)
            cells = there.apply(lambda r: next((x for x in JOYS if r[f"joy__{x}"]), None), axis=1)
            self._put(f"{name}_{place}", f"{question.label} {place}", cells, labels)

    def _choices(self, name: str, question: Question) -> None:
        rows = {row: " ".join(item.label.split()) for row, item in question.rows.items()}
        cells = self.frame[[f"{name}__{row}" for row in rows]].set_axis(list(rows), axis=1)
        unsure = cells.iloc[:, 0] == "dont_know"
        if self.style.choices == "joined":
            text = cells.apply(lambda r: ";".join(rows[x] for x in rows if r[x] == "yes"), axis=1)
            self._put(name, question.label, text.mask(unsure, "Don't know").replace("", None), {})
            return
        told: dict[str, dict[str, Any]] = {
            "words": {"yes": "Yes", "no": "No"},
            "zeros": {"yes": 1, "no": 0},
            "one": {"yes": 1},
        }
        for row, label in rows.items():
            ticks = cells[row].map(told[self.style.choices])
            self._put(f"{name}__{row}", f"{question.label} [{label}]", ticks, {})
        ticks = unsure.map({True: told[self.style.choices]["yes"], False: None})
        self._put(f"{name}__dont_know", f"{question.label} [Don't know]", ticks, {})


def fill(text: str) -> str:
    """Fill the gaps that every draft has: no export here tells when the interviews were."""
    lines = [
        f"{line.partition(':')[0]}: 2031-03"
        if line.strip().startswith(("start:", "end:"))
        else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def surveyed(root: Path) -> Project:
    """Return a project that asks about allotments and about choices."""
    (root / "data" / "waves").mkdir(parents=True)
    asked = (ALLOTMENTS / "data" / "instrument.yml").read_text()
    (root / "data" / "instrument.yml").write_text(asked)
    extend(root, tools=TOOLS, regrets=REGRETS)
    return Project(root)


@settings(max_examples=15, deadline=None)
@given(respondents(), styles())
def test_what_is_drafted_and_added_are_the_same_answers(frame: pd.DataFrame, style: Style) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        project = surveyed(root)
        source = Agency(project, frame, style).write(root)
        text = fill(mapping_text(draft_mapping(project, [Source(source)], "2031"), "mapping.yml"))
        (root / "mapping.yml").write_text(text)
        assert "???" not in text.partition("parts:")[2], text
        add(project, Request((source,), "2031", root / "mapping.yml"))
        read = pd.read_csv(root / "data/waves/2031/post.csv", dtype=str)
        expected = frame.mask(frame.isna())
        pd.testing.assert_frame_equal(
            read[sorted(read)], expected[sorted(expected)], check_dtype=False
        )


nasty = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\n\t"),
    min_size=1,
    max_size=12,
).map(str.strip)
words = st.one_of(
    nasty,
    st.sampled_from([
        "???", "yes", "- x", "a: b", "#1", "{", "'", '"', "null", "1.0", "~", "x" * 1100, "\\",
        "Site", "North", "not asked", "Tools in the shed", "Spade", "Regrets [Net]", "Beans",
    ]),
).filter(bool)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        words, st.lists(st.one_of(st.none(), words), min_size=4, max_size=4), min_size=1
    )
)
def test_whatever_an_export_holds_its_draft_is_a_mapping_of_it(
    columns: dict[str, list[str | None]],
) -> None:
    frame = pd.DataFrame(columns, dtype="str")
    export = Export("export.csv", "CSV", frame, {}, {}, {}, (), 2)
    with tempfile.TemporaryDirectory() as folder:
        questions = surveyed(Path(folder)).instrument.questions
    asked = {name: q for name, q in questions.items() if q.type != "derived"}
    matches = match_columns(columns_of(export), asked, 2031).matches
    drafted = tuple(draft_question(name, asked[name], found) for name, found in matches.items())
    sent = [line.value for one in drafted for line in one.columns if line.value is not None]
    assert len(sent) == len(set(sent))
    part = DraftedPart("Post", (), (), (), drafted, {})
    left = tuple(Line(name, name, "certain", "") for name in columns if name not in sent)
    draft = Draft("Survey", ("export.csv",), (), {"post": part}, left, (), ())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.yml"
        path.write_text(mapping_text(draft, "mapping.yml"), encoding="utf-8")
        read = read_yaml(path, "mapping.yml", as_text=True)
    assert (read["ignore"] or []) == [line.key for line in left]
    for one in drafted:
        written = read["parts"]["post"]["questions"][one.name]
        codes = {line.key: line.value or GAP for line in one.codes if line.value != ""}
        assert (written.get("codes") or {}) == codes
