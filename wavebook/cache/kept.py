"""The results of a project's notebooks: taken from the cache where they still hold, and kept there.

Beside the results stands, for each notebook of a wave, what its last run was made from. Results do
not rest on that; it only lets `Kept.reason` tell a person why a notebook is run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wavebook.cache import parts
from wavebook.cache.inventory import Inventory
from wavebook.cache.reasons import changed_source, changed_thing, listed
from wavebook.cache.store import Store, digest_of
from wavebook.cache.tracing import UNSEEN, is_ours
from wavebook.cache.versions import providers
from wavebook.reads import ALL

FORMAT = 2  # of an entry and of what is settled in a result: higher when either changes
LAST = "last"
# What every result is made with, whatever its notebook imports.
MODULES = frozenset(
    ("wavebook.notebook", "wavebook.kernels.inside", "wavebook.kernels.shell", "wavebook.reads",
     "wavebook.cache.tracing")
)  # fmt: skip
PACKAGES = ("papermill", "nbclient", "nbformat", "ipykernel", "IPython")


class Kept:
    """What is kept of the notebooks of a project, run with certain parameters on an engine.

    Parameters
    ----------
    explain
        Is told of each notebook why it has to be run, or why not.
    inventory
        What there is; a new one unless given.
    """

    def __init__(
        self,
        root: Path,
        store: Store,
        parameters: Mapping[str, Any],
        engine: str,
        explain: Callable[[str], None] | None = None,
        inventory: Inventory | None = None,
    ) -> None:
        self.root = root
        self.store = store
        self.inventory = inventory or Inventory(root, store)
        self.parameters = dict(parameters)
        self.engine = engine
        self.explain = explain or (lambda line: None)
        self._is_explained = explain is not None

    def recall(self, notebook: Path) -> bytes | None:
        """Return the notebook as it was run when all that it reads was as it is now, or None."""
        key = self._key(notebook)
        for entry in self.store.entries(key) if key else ():
            if all(self.inventory.digest(thing) == sha for thing, sha in entry["reads"].items()):
                content = self.store.content(entry)
                if content is not None:
                    self.explain(f"{notebook.stem}: not run: nothing that it reads has changed")
                    self._remember(notebook, entry["reads"])
                    return content
        if self._is_explained:
            self.explain(f"{notebook.stem}: run: {self.reason(notebook)}")
        return None

    def keep(self, notebook: Path, executed: bytes, record: bytes) -> None:
        """Keep a result with all that it was made from, if the record of its kernel tells that."""
        if problem := self._keep(notebook, executed, record):
            self.explain(f"{notebook.stem}: not kept: {problem}")

    def _keep(self, notebook: Path, executed: bytes, record: bytes) -> str:
        key = self._key(notebook)
        try:
            told = json.loads(record)
        except ValueError:
            return "its kernel left no record of what it read"
        if told["beyond"]:
            return listed(told["beyond"])
        reads = {thing: self.inventory.digest(thing) for thing in sorted(set(self._things(told)))}
        if key is None or not self.inventory.is_unchanged():
            return "a file was changed while it ran"
        self._remember(notebook, reads)
        self.store.keep(key, {"reads": reads}, executed)
        return ""

    def reason(self, notebook: Path) -> str:
        """Return why a notebook has to be run, in words."""
        source = self._source(notebook)
        last = self.store.noted(LAST, self._last(notebook))
        if not source:
            return "it is no notebook"
        if last is None:
            return f"it has not been run here with wave {self.parameters.get('wave')}"
        reasons = [*changed_source(last["cells"], source["cells"])]
        for name, value in self.parameters.items():
            if name in last["parameters"] and last["parameters"][name] != value:
                reasons.append(f"{name} is {value}, and was {last['parameters'][name]}")
        if last["engine"] != self.engine:
            reasons.append(f"{self.engine} counts, and not {last['engine']}")
        for thing, sha in last["reads"].items():
            now = self.inventory.digest(thing)
            if now != sha:
                reasons.append(changed_thing(thing, sha, now))
        return listed(reasons) or "its result is no longer in the cache"

    # What a result is known by, and made from

    def _key(self, notebook: Path) -> str | None:
        source = self._source(notebook)
        if not source:
            return None
        name = notebook.relative_to(self.root).as_posix()
        return digest_of([FORMAT, name, source["digest"], self.parameters, self.engine])

    def _source(self, notebook: Path) -> dict[str, Any]:
        return self.inventory.parts_of(notebook, parts.source) or {}

    def _things(self, told: Mapping[str, Any]) -> Iterator[str]:
        """Yield the kinds and names of all that a run rests on."""
        yield "python:"
        for thing in told["read"]:
            kind, _, name = thing.partition(":")
            name = self.inventory.name_of(name) if kind in ("file", "folder") else name
            yield f"{kind}:{name}"
        modules = {name for name in told["modules"] if is_ours(name)}
        everything = self._engine_modules() if ALL in told["modules"] else ()
        for module in MODULES | self._with_imports({*modules, *everything}):
            yield f"module:{module}"
        if UNSEEN in told["modules"]:
            yield "data:data"
            yield "data:notebooks"
        for package in {*told["packages"], *PACKAGES}:
            for name in providers().get(package, ()):
                yield f"version:{name}"

    def _with_imports(self, modules: set[str]) -> set[str]:
        """Return engine's modules with all that they import, directly or not."""
        found: set[str] = set()
        waiting = [*modules, "wavebook"]
        while waiting:
            module = waiting.pop()
            if module in found or self.inventory.digest(f"module:{module}") is None:
                continue
            found.add(module)
            waiting += [*self.inventory.imports(module), module.rpartition(".")[0] or "wavebook"]
        return found

    def _engine_modules(self) -> Iterator[str]:
        engine = Path(__file__).parents[1]
        for path in sorted(engine.rglob("*.py")):
            parts = path.relative_to(engine.parent).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__")

    def _last(self, notebook: Path) -> str:
        return digest_of([str(notebook), self.parameters.get("wave")])

    def _remember(self, notebook: Path, reads: Mapping[str, str | None]) -> None:
        last = {
            "cells": self._source(notebook).get("cells", []),
            "parameters": self.parameters,
            "engine": self.engine,
            "reads": dict(reads),
        }
        if self.store.noted(LAST, self._last(notebook)) != last:
            self.store.note(LAST, self._last(notebook), last)
