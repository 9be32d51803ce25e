"""A build upon the last one gives, to the byte, what a build from nothing gives."""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from tests.conftest import ALLOTMENTS
from wavebook import book
from wavebook.desk import FINISHED, desk, last_of
from wavebook.errors import WavebookError
from wavebook.press import end_press
from wavebook.project import Project
from wavebook.run import Parameters, run_notebooks

Tree = dict[str, bytes]

PLOTS = """# Plots

![A plot](images/plot.png)

Plots were counted {{ records('plots.csv') | length | number }} times {cite}`digger2020`.

(paths)=
## Paths

(feet)=
Feet wear them out.
"""
TOOLS = """# Tools

```{figure} images/plot.png
:alt: A plot

What tools are for
```

```{glossary}
Spade
: See {ref}`paths`, and {cite}`digger2020`.
```

```{bibliography}
```
"""
BIB = "@book{digger2020, author={Digger, D.}, title={On digging}, year={2020}, publisher={Soil}}\n"


def picture(shade: int) -> bytes:
    """Return a PNG of one grey dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    dots = zlib.compress(bytes([0, shade]))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")
    )


@dataclass(frozen=True)
class Garden:
    """A project whose notebook has been run, and its files as they were."""

    root: Path
    executed: Path
    original: Tree

    def restore(self) -> None:
        """Make every source what it was."""
        for path in self.sources():
            path.unlink()
        for name, content in self.original.items():
            self.write(name, content)

    def sources(self) -> list[Path]:
        hidden = self.root / "_build"
        return [p for p in self.root.rglob("*") if p.is_file() and hidden not in p.parents]

    def write(self, name: str, content: bytes) -> None:
        (self.root / name).parent.mkdir(exist_ok=True, parents=True)
        (self.root / name).write_bytes(content)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    def build(self, name: str = "2030", where: str = "") -> Tree:
        """Build upon what is there under a name, and return all files."""
        out = self.root / "_build" / f"out-{name}"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        with desk(self.root / "_build", name) as table:
            book.stage(Project(self.root), self.executed, table)
            book.write(Project(self.root), table, out, book.Imprint("2030", where))
        return tree(out)

    def build_afresh(self) -> Tree:
        """Build with nothing there to build upon."""
        shutil.rmtree(self.root / "_build" / ".pages" / "afresh", ignore_errors=True)
        return self.build("afresh")


def tree(folder: Path) -> Tree:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Garden:
    root = tmp_path_factory.mktemp("garden") / "project"
    shutil.copytree(ALLOTMENTS, root)
    garden = Garden(root, root / "executed", {})
    garden.write("book/plots.md", PLOTS.encode())
    garden.write("book/tools.md", TOOLS.encode())
    garden.write("book/references.bib", BIB.encode())
    garden.write("book/images/plot.png", picture(0))
    garden.write("data/plots.csv", b"plot\n1\n2\n")
    garden.replace(
        "_toc.yml",
        "  - file: book/method",
        "  - file: book/method\n  - file: book/plots\n  - file: book/tools",
    )
    garden.replace("_config.yml", "sphinx:", "bibtex_bibfiles: [book/references.bib]\nsphinx:")
    garden.replace(
        "_config.yml", "[wavebook.extension]", "[wavebook.extension, sphinxcontrib.bibtex]"
    )
    run_notebooks(Project(root).notebooks, garden.executed, Parameters("2030"))
    return Garden(root, garden.executed, tree(root))


@pytest.fixture
def garden(planted: Garden) -> Iterator[Garden]:
    planted.restore()
    yield planted


# The law


def edit_prose(garden: Garden) -> None:
    garden.replace("book/method.md", "# Method", "# Method\n\nWe asked at the gate.")


def edit_heading(garden: Garden) -> None:
    garden.replace("book/plots.md", "## Paths", "## Paths and ways")


def edit_title(garden: Garden) -> None:
    garden.replace("book/plots.md", "# Plots", "# Beds")


def add_term(garden: Garden) -> None:
    garden.replace("book/tools.md", "Spade\n", "Hoe\n: Long.\nSpade\n")


def drop_words(garden: Garden) -> None:
    garden.replace("book/tools.md", "# Tools", "# Implements")


def move_citation(garden: Garden) -> None:
    garden.replace("book/plots.md", " {cite}`digger2020`", "")
    garden.replace("book/method.md", "answered.", "answered {cite}`digger2020`.")


def edit_reference(garden: Garden) -> None:
    garden.replace("book/references.bib", "On digging", "On digging deep")


def edit_data(garden: Garden) -> None:
    garden.write("data/plots.csv", b"plot\n1\n2\n3\n")


def edit_image(garden: Garden) -> None:
    garden.write("book/images/plot.png", picture(1))


def use_namesake(garden: Garden) -> None:
    garden.write("book/images/deep/plot.png", picture(2))
    garden.replace("book/method.md", "# Method", "# Method\n\n![A](images/deep/plot.png)")


def edit_output(garden: Garden) -> None:
    """Change a value that the notebook shows and exports, and what its chart draws."""
    path = garden.executed / "notebooks" / "01-growing.ipynb"
    path.write_text(path.read_text().replace("0.75", "0.5").replace("Beans", "Broad beans"))


def rename_chapter(garden: Garden) -> None:
    (garden.root / "book/plots.md").rename(garden.root / "book/beds.md")
    garden.replace("_toc.yml", "book/plots", "book/beds")


def remove_chapter(garden: Garden) -> None:
    garden.replace("_toc.yml", "  - file: book/plots\n", "")
    garden.replace("book/tools.md", "See {ref}`paths`, and", "For digging:")


def reorder(garden: Garden) -> None:
    garden.replace(
        "_toc.yml",
        "  - file: book/plots\n  - file: book/tools",
        "  - file: book/tools\n  - file: book/plots",
    )


def edit_wave(garden: Garden) -> None:
    garden.replace("data/waves/2030/wave.yml", "The 2030 survey", "The survey in 2030")


def link_to_a_place_that_no_link_led_to(garden: Garden) -> None:
    """Only the other document changes, and yet in print this place needs a mark."""
    garden.replace("book/method.md", "# Method", "# Method\n\nSee {ref}`what wears <feet>`.")


def drop_the_only_link_to_a_place(garden: Garden) -> None:
    garden.replace("book/tools.md", "See {ref}`paths`, and", "For digging:")


def number_a_figure_by_hand(garden: Garden) -> None:
    """In print, the figures of the other documents are no longer counted then."""
    figure = "```{figure} images/plot.png\n:alt: A plot\n\nFigure 1. Plots\n```"
    garden.replace("book/method.md", "# Method", f"# Method\n\n{figure}")


def edit_configuration(garden: Garden) -> None:
    garden.replace("_config.yml", "What allotment holders say", "What gardeners say")


def touch(garden: Garden) -> None:
    for path in garden.sources():
        path.touch()


def name_the_wave_that_it_was_written_for(garden: Garden) -> None:
    """Every page says so."""
    path = garden.executed / "notebooks" / "01-growing.ipynb"
    path.write_text(path.read_text().replace('wave = \\"2030\\"', 'wave = \\"2029\\"'))


EDITS = [
    edit_prose, edit_heading, edit_title, add_term, drop_words, move_citation, edit_reference,
    edit_data, edit_image, use_namesake, edit_output, rename_chapter, remove_chapter, reorder,
    link_to_a_place_that_no_link_led_to, drop_the_only_link_to_a_place, number_a_figure_by_hand,
    edit_wave, edit_configuration, name_the_wave_that_it_was_written_for, touch,
]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_a_build_after_an_edit_is_as_one_from_nothing(
    garden: Garden, edit: Callable[[Garden], None]
) -> None:
    garden.build()
    edit(garden)
    assert garden.build() == garden.build_afresh()


TEMPLATE = (
    """{% extends "!layout.html" %}{% block content %}<p>ONE</p>{{ super() }}{% endblock %}"""
)
EXTENSION = """
from docutils import nodes
from docutils.parsers.rst import Directive


class Said(Directive):
    def run(self):
        return [nodes.paragraph("", "ONE")]


def setup(app):
    app.add_directive("said", Said)
"""
GLUED = "```{glue} answer\n:doc: /notebooks/01-growing.ipynb\n```"


def glue(garden: Garden, answer: int) -> None:
    """Let the notebook hand a number on to other documents."""
    path = garden.executed / "notebooks" / "01-growing.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_code_cell("glue", id="glue")
    metadata = {"scrapbook": {"mime_prefix": "application/papermill.record/", "name": "answer"}}
    data = {"application/papermill.record/text/plain": str(answer)}
    cell.outputs = [nbformat.v4.new_output("display_data", data, metadata=metadata)]
    notebook.cells = [one for one in notebook.cells if one.id != "glue"] + [cell]
    nbformat.write(notebook, path)


# What the book is made with beside its documents: each as it is set up, and then changed.
MADE_WITH = {
    "template": (
        "    templates_path: [book/_templates]",
        {"book/_templates/layout.html": TEMPLATE},
    ),
    "stylesheet": (
        "    html_static_path: [book/_static]\n    html_css_files: [own.css]",
        {"book/_static/own.css": "p { content: 'ONE' }"},
    ),
    "extension": ("  local_extensions:\n    said: book/_own", {"book/_own/said.py": EXTENSION}),
}


@pytest.mark.parametrize(("setting", "files"), MADE_WITH.values(), ids=MADE_WITH)
def test_what_pages_are_made_with_is_no_older_than_the_book(
    garden: Garden, setting: str, files: dict[str, str]
) -> None:
    above = "sphinx:" if "local" in setting else "  config:"
    garden.replace("_config.yml", above, f"{above}\n{setting}")
    if "said" in setting:
        garden.replace("book/method.md", "# Method", "# Method\n\n```{said}\n```")
    for name, text in files.items():
        garden.write(name, text.encode())
    before = garden.build()
    for name in files:
        garden.replace(name, "ONE", "TWO")
    after = garden.build()
    assert after != before
    assert after == garden.build_afresh()


def test_pages_are_those_of_the_engine_that_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is edited while a preview runs goes on as it was, and says no other."""
    monkeypatch.setattr(book, "_own", [])
    first = list(book._engine(lambda path: "as it was"))
    assert list(book._engine(lambda path: "edited")) == first


def test_a_bibliography_may_be_called_as_it_likes(garden: Garden) -> None:
    (garden.root / "book/references.bib").rename(garden.root / "book/references.bibtex")
    garden.replace("_config.yml", "references.bib]", "references.bibtex]")
    garden.build()
    garden.replace("book/references.bibtex", "On digging", "On digging deep")
    assert garden.build() == garden.build_afresh()


def test_what_a_notebook_hands_on_is_shown_as_it_is(garden: Garden) -> None:
    garden.replace("book/method.md", "# Method", f"# Method\n\n{GLUED}")
    glue(garden, 42)
    assert b"42" in garden.build()["html/book/method.html"]
    glue(garden, 987651)
    after = garden.build()
    assert b"987651" in after["html/book/method.html"]
    assert after == garden.build_afresh()


def test_what_a_notebook_has_handed_on_is_still_there(garden: Garden) -> None:
    garden.replace("book/method.md", "# Method", f"# Method\n\n{GLUED}")
    glue(garden, 42)
    garden.build()
    garden.replace("book/method.md", "# Method", "# Methods")
    assert garden.build() == garden.build_afresh()


def test_a_picture_of_any_kind_is_the_best_that_there_is(garden: Garden) -> None:
    garden.replace("book/plots.md", "images/plot.png", "images/plot.*")
    garden.build()
    garden.write(
        "book/images/plot.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>',
    )
    assert garden.build() == garden.build_afresh()


def test_after_a_build_from_nothing_only_what_was_edited_is_written(garden: Garden) -> None:
    shutil.rmtree(garden.root / "_build" / ".pages" / "2030", ignore_errors=True)
    garden.build()
    # A chapter with a citation: it is read last now, and was not when all were.
    garden.replace("book/plots.md", "Feet wear", "Feet and rain wear")
    before = shared(garden)
    garden.build()
    assert shared(garden) == before


def test_contents_are_listed_anew_when_they_have_changed_and_only_then(garden: Garden) -> None:
    garden.build()
    listed = last_of(garden.root / "_build", "2030") / "sphinx" / "doctrees" / "contents.json"
    listed.write_text(listed.read_text().replace("Tools", "Utensils"))
    edit_prose(garden)
    assert b"Utensils" in garden.build()["html/book/method.html"]
    edit_title(garden)
    assert garden.build() == garden.build_afresh()


@pytest.mark.parametrize("where", ["", "site == 'north'"])
@pytest.mark.parametrize("edit", [edit_prose, edit_heading, edit_image, edit_output, edit_data])
def test_a_build_that_fails_changes_nothing_of_what_the_last_has_left(
    garden: Garden, edit: Callable[[Garden], None], where: str
) -> None:
    """Most of it is linked to, and not copied."""
    garden.build("failing", where)
    left = tree(last_of(garden.root / "_build", "failing"))
    edit(garden)
    garden.replace("book/tools.md", "What tools", "See {ref}`nowhere`. What tools")
    with pytest.raises(WavebookError, match="nowhere"):
        garden.build("failing", where)
    assert tree(last_of(garden.root / "_build", "failing")) == left


def test_a_failure_while_the_website_is_taken_over_is_no_other_books(garden: Garden) -> None:
    def fail(html: Path) -> None:
        raise OSError(28, "No space left on device")

    garden.build()
    edit_prose(garden)
    (garden.root / "out").mkdir()
    with desk(garden.root / "_build", "2030") as table:
        book.stage(Project(garden.root), garden.executed, table)
        imprint = book.Imprint("2030")
        with pytest.raises(OSError, match="No space"):
            book.write(Project(garden.root), table, garden.root / "out", imprint, pages=fail)
    edit_heading(garden)
    assert garden.build() == garden.build_afresh()


LATE = """
def setup(app):
    app.connect("html-page-context", ask)


def ask(*_):
    import requests

    requests.Session().close()
"""


def test_a_library_that_only_pages_need_leaves_none_of_them_as_it_was(garden: Garden) -> None:
    """What sets books has done without it, and read the documents, before it is found needed."""
    garden.write("book/late.py", LATE.encode())
    garden.replace("_config.yml", "sphinx:", "sphinx:\n  local_extensions:\n    late: book")
    garden.build()
    end_press()
    edit_prose(garden)
    assert b"at the gate" in garden.build()["html/book/method.html"]
    end_press()  # the one that has the library


def shared(garden: Garden) -> str:
    """Return the digest of what pages show of each other, as the last build has noted it."""
    noted = last_of(garden.root / "_build", "2030") / FINISHED
    found: str = json.loads(noted.read_text())["written"]["shared"]
    return found
