"""What sets one PDF after another sets each as it would alone, and ends when it is told to.

In processes of their own: one that has set a PDF itself, as that of the tests has, cannot be forked
to set another, because the threads that Typst works with are not forked along.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wavebook.forks import CAN_FORK

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="processes are not forked on this system")

BEGIN = """
from datetime import UTC, datetime
from pathlib import Path
from wavebook.errors import WavebookError
from wavebook.pdf.printer import Printer
from wavebook.pdf.compiler import lay_out
from wavebook.pdf.typeset import typeset

def book(name, text):
    Path(name).mkdir(exist_ok=True)
    source = Path(name) / "report.typ"
    source.write_text(f'#set document(title: "B"); #set text(lang: "en")\\n= Beans\\n{text}\\n')
    return source

def printed(by, name, text):
    by(book(name, text), Path(f"{name}.pdf"), datetime(2030, 1, 1, tzinfo=UTC), [])
    return Path(f"{name}.pdf").read_bytes()
"""


def run(folder: Path, program: str) -> None:
    subprocess.run([sys.executable, "-c", BEGIN + program], cwd=folder, check=True, timeout=60)


@pytest.mark.parametrize("last", ["book('last', 'Beans grow.')", "None"], ids=["known", "first"])
def test_a_book_is_what_it_would_be_alone(tmp_path: Path, last: str) -> None:
    program = f"""
texts = ["Beans grow.", "Beans grow fast."]
printer = Printer({last})
printer.prepare()
found = [printed(printer.typeset, "next", text) for text in texts]
printer.close()
assert found == [printed(typeset, "alone", text) for text in texts]
"""
    run(tmp_path, program)


# Versions of a book in two files: what changes between them moves whatever stands behind it.
VERSIONS = [
    ("Beans grow. See @peas.", "= Peas <peas>\nPeas climb.\n\nAnd climb."),
    ("Beans grow. See @peas.", "= Peas <peas>\nPeas climb, as a rule.\n\nAnd climb."),
    ("Long.\n\n#pagebreak()\nBeans grow. See @peas.", "= Peas <peas>\nPeas climb.\n\nAnd climb."),
    ("#outline()\nBeans grow. See @peas.", "= Of peas <peas>\n#table(columns: 2)[a][b][c][d]"),
    ("#outline()\nBeans grow.", "Nothing."),
]
VERSION = """
def version(by, folder, first, second):
    (Path(folder) / "second.typ").parent.mkdir(exist_ok=True)
    (Path(folder) / "second.typ").write_text(second)
    tables = [0] * second.count("#table")
    text = f'#set heading(numbering: "1.")\\n{first}\\n#include "second.typ"'
    by(book(folder, text), Path("a.pdf"), datetime(2030, 1, 1, tzinfo=UTC), tables)
    return Path("a.pdf").read_bytes()
"""


def test_a_book_that_follows_others_is_what_it_would_be_alone(tmp_path: Path) -> None:
    """Typst reads only what has changed in a file, and lays out only that again."""
    for number, given in enumerate(VERSIONS):
        alone = f"Path('{number}').write_bytes(version(typeset, 'alone', *{given!r}))"
        run(tmp_path, f"{VERSION}\n{alone}")
    run(
        tmp_path,
        f"""{VERSION}
for number, given in enumerate({VERSIONS!r}):
    made = version(typeset, f"after-{{number % 2}}", *given)
    assert made == Path(str(number)).read_bytes(), number
""",
    )


def test_what_cannot_be_set_is_told_and_the_next_book_is_set(tmp_path: Path) -> None:
    program = """
printer = Printer(None)
try:
    printed(printer.typeset, "bad", "#nothing")
except WavebookError as error:
    assert "the PDF cannot be set" in str(error)
else:
    raise SystemExit("it was set")
assert printed(printer.typeset, "good", "Beans.")
printer.close()
"""
    run(tmp_path, program)


def test_a_last_book_that_cannot_be_laid_out_stops_nothing(tmp_path: Path) -> None:
    program = """
printer = Printer(book("last", "#nothing"))
printer.prepare()
assert printed(printer.typeset, "next", "Beans.")
printer.close()
"""
    run(tmp_path, program)


def test_a_book_that_comes_before_anything_is_prepared_is_set(tmp_path: Path) -> None:
    program = """
printer = Printer(book("last", "Beans."))
assert printed(printer.typeset, "next", "Beans.")
printer.prepare()
assert printed(printer.typeset, "after", "Beans.")
printer.close()
"""
    run(tmp_path, program)


def test_a_printer_that_is_closed_has_ended(tmp_path: Path) -> None:
    run(tmp_path, "printer = Printer(None); printer.close(); assert printer._process.exitcode == 0")


def test_laying_out_makes_nothing_and_says_what_is_wrong(tmp_path: Path) -> None:
    program = """
lay_out(book("good", "Beans."))
assert [path.name for path in Path("good").iterdir()] == ["report.typ"]
try:
    lay_out(book("bad", "#nothing"))
except RuntimeError:  # as Typst says it of a question
    raise SystemExit(0)
raise SystemExit("nothing was wrong")
"""
    run(tmp_path, program)
