"""How deep and how large YAML may be: a few lines can say more than any machine could hold."""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 100  # levels; beyond some ten thousand, libyaml ends the interpreter
MOST = 100_000  # values that are read through aliases, each as often as it is

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class _Count:
    """The values of a text so far, with what aliases repeat."""

    def __init__(self) -> None:
        self.values = self.repeated = 0
        self.open: list[tuple[str | None, int]] = []  # anchors, and the values before each
        self.sizes: dict[str, int] = {}

    def take(self, event: yaml.Event) -> None:
        """Count what an event stands for."""
        if isinstance(event, _ENDS):
            anchor, before = self.open.pop()
            self._keep(anchor, before)
        elif isinstance(event, yaml.AliasEvent):
            self._repeat(event)
        elif isinstance(event, yaml.NodeEvent):
            self.values += 1
            if isinstance(event, _STARTS):
                self.open.append((event.anchor, self.values - 1))
                if len(self.open) > DEEPEST:
                    raise _refused(event, f"more than {DEEPEST} levels, one inside the other")
            else:
                self._keep(event.anchor, self.values - 1)

    def _keep(self, anchor: str | None, before: int) -> None:
        if anchor is not None:
            self.sizes[anchor] = self.values - before

    def _repeat(self, alias: yaml.AliasEvent) -> None:
        if any(anchor == alias.anchor for anchor, _ in self.open):
            raise _refused(alias, f"'{alias.anchor}' stands inside itself")
        size = self.sizes.get(alias.anchor or "", 1)  # one of no anchor is told by the loader
        self.values += size
        self.repeated += size
        if self.repeated > MOST:
            raise _refused(alias, f"aliases repeat more than {MOST:,} values")


def check_bounds(text: str | bytes) -> None:
    """Refuse YAML that is too deep, or too large by its aliases, before anything is made of it.

    Raises
    ------
    yaml.YAMLError
        If it is so, or no YAML; with its place.
    """
    count = _Count()
    for event in yaml.parse(text, _LOADER):
        count.take(event)


def _refused(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
