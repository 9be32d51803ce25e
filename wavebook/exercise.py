"""What notebooks are going to do, done once before the processes are forked that run them.

A fork begins with what its parent has worked out, and with code that Python has made quick by
running it; without that, most of a short notebook's time goes to doing things for the first time.
No notebook's own code is run here, and nothing is kept but what the engine remembers anyway.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from operator import methodcaller
from pathlib import Path

from jinja2 import TemplateError

from wavebook import charts, commentary, expression
from wavebook.beside import Beside
from wavebook.cache.tracing import imported, look_ahead
from wavebook.errors import WavebookError
from wavebook.finding import Finding
from wavebook.held import Held
from wavebook.kernels import inside, shell
from wavebook.project import Project
from wavebook.reads import unnoted
from wavebook.ready import prepare, ready_wave
from wavebook.wave import Wave

DRAWN = 6  # questions; by then Python has seen how charts are made

_done: set[tuple[int, str | None, str | None]] = set()


def prepare_many(root: str, where: str, *waves: str) -> None:
    """Read waves for many notebooks to come, and ask the first what they will ask.

    Parameters
    ----------
    where
        The condition that picks the slice that they tell of first; empty for everybody.
    """
    prepare(root, *waves)
    shell.prepare()
    project = Project(Path(root))
    for notebook in (*project.notebooks, *project.chapters):
        with suppress(Exception):  # whatever is wrong with it, whoever runs it will tell
            inside.read_ahead(str(notebook))
    with suppress(WavebookError, OSError):
        wave = ready_wave(project, waves[0])
        beside = Beside(expression.parse(where)) if where else None
        whole = beside.whole.text if beside and beside.whole else None
        if wave is not None and where:
            _pick(wave, where)
        key = id(wave), beside.cut if beside else None, whole
        if wave is not None and key not in _done:
            _done.add(key)
            exercise(project, wave, where or None)
    look_ahead()


def _pick(wave: Wave, where: str) -> None:
    """Look for the rows of a slice, as each of its notebooks would."""
    for part in wave.about.parts:
        rows = wave.rows_of(part)
        if isinstance(rows, Held):
            with suppress(Exception):  # a part that was not asked; or a notebook will be told
                rows.inside(where)


def exercise(project: Project, wave: Wave, where: str | None) -> None:
    """Ask a wave all its questions, and show some answers."""
    with unnoted():
        sources = look_at_cells((*project.notebooks, *project.chapters))
        asking = Finding(project, wave, where, 0.95, "exercise")
        asked = [name for name in wave.instrument.questions if wave.asks(name)]
        for at, name in enumerate(asked):
            with suppress(Exception):  # whatever is wrong, a notebook will be told
                _ask(asking, name, is_shown=at % max(1, len(asked) // DRAWN) == 0)
        for question in questions_in(sources):
            with suppress(Exception):  # likewise
                question(asking)


def look_at_cells(notebooks: Iterable[Path]) -> list[str]:
    """Do with the cells of notebooks what needs no answers: make Python of them, compile texts.

    Returns
    -------
    list of str
        The cells of code, as Python.
    """
    sources = []
    for notebook in notebooks:
        with suppress(OSError, ValueError, LookupError, TypeError):  # a notebook will be told
            for cell in json.loads(notebook.read_bytes())["cells"]:
                source = "".join(cell["source"])
                if cell["cell_type"] == "code":
                    code = shell.look_at(source)
                    imported(code)
                    sources.append(code)
                first, _, text = source.partition("\n")
                if first.startswith(f"%%{commentary.MAGIC}"):
                    with suppress(TemplateError):
                        # IPython ends the last line of a cell, if nobody else has.
                        commentary.compiled(text if text.endswith("\n") else f"{text}\n")
    return sources


def questions_in(sources: Iterable[str]) -> Iterator[Callable[[Finding], object]]:
    """Yield the questions that code asks in so many words, to be put to a finding.

    Above all those by groups: what other slices tell of a group is worked out once for all slices.
    """
    for source in sources:
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                match node:
                    case ast.Call(ast.Attribute(attr="shares" | "ranks" as method), args, named):
                        with suppress(ValueError, TypeError):  # it hangs on something
                            given = [ast.literal_eval(one) for one in args]
                            options = {str(one.arg): ast.literal_eval(one.value) for one in named}
                            yield methodcaller(method, *given, **options)


def _ask(asking: Finding, name: str, *, is_shown: bool) -> None:
    question = asking.wave.instrument.question(name)
    asking.base_text(name)
    shown = asking.ranks(name) if question.type == "ranking" else asking.shares(name)
    if is_shown and len(shown):
        chart = charts.ranks(shown) if question.type == "ranking" else charts.bars(shown)
        figure = asking.figure("1", question.label, chart, shown)
        figure._repr_mimebundle_()
        asking.table(question.label, shown, heading=question.label)._repr_mimebundle_()
        commentary.render("{{ value | pct }}", {"value": shown.values[0]})
