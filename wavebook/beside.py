"""Slices published side by side: what one hides, the others and the total must not tell.

A slice such as ``site == 'north'`` is seldom the only one that is published. Its tables are
therefore protected as if each other answer to its question had a commentary of its own, and
everybody had one too; likewise everybody but the slice, whatever the condition that picks it.

A condition that asks for several things picks slices of slices: each is protected within the one
that it is a slice of, and that one within the next, up to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wavebook.disclosure import suppressed
from wavebook.domains import Columns
from wavebook.engines import Source
from wavebook.expression import Condition
from wavebook.headcount import Counted, headcount, met

T = TypeVar("T")
Group = tuple[Any, ...]  # a label for each grouping, that of totals where it takes in all
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """How many answered in each group of a slice, and of which groups nothing may be told."""

    people: Mapping[Group, int]
    hidden: frozenset[Group]


@dataclass(frozen=True)
class Rule:
    """What small is, what a total is called, and which answers make no group."""

    total: str
    minimum: int
    no_groups: frozenset[Any] = frozenset()

    def is_nobody(self, label: Any) -> bool:
        """Whether a label is of those who did not say which group is theirs."""
        return label is None or label in self.no_groups

    def tells(self, hidden: Counts) -> bool:
        """Whether the sum of some hidden parts, by how many answered in each, tells of too few."""
        parts, people = int(np.count_nonzero(hidden)), int(hidden.sum())
        return parts == 1 or 0 < people < self.minimum

    def told(
        self,
        people: Mapping[Group, int],
        hidden: Collection[Group] = (),
        known: Collection[Group] = (),
    ) -> Told:
        """Return what a table of groups tells.

        Parameters
        ----------
        people
            How many answered in each group.
        hidden, known
            Groups that must not be told anyway, and groups that are told elsewhere.
        """
        shown = {g: size for g, size in people.items() if not any(map(self.is_nobody, g))}
        axes = range(len(next(iter(people), ())))
        closed = suppressed(
            {at: [group[at] for group in shown] for at in axes} | {"base": list(shown.values())},
            groups=axes,
            total=self.total,
            minimum=self.minimum,
            also=np.array([group in hidden for group in shown], dtype=bool),
            known=np.array([group in known for group in shown], dtype=bool),
        )
        return Told(people, frozenset(compress(shown, closed)))


@dataclass(frozen=True)
class Parts:
    """A slice's whole in groups and parts, each with its total; the last axis has the parts.

    Attributes
    ----------
    labels
        Of the places on each axis.
    people
        How many answered.
    hidden
        What must not be told when all parts are published, and all of them together.
    """

    labels: Sequence[Sequence[Any]]
    people: Counts
    hidden: Flags

    @classmethod
    def of(
        cls, people: Counts, labels: Sequence[Sequence[Any]], whole: Told | None, rule: Rule
    ) -> Parts:
        """Return what was counted, without totals, with them and protected.

        Parameters
        ----------
        whole
            All parts together, where they are a slice themselves; None where they are everybody.
        """
        for axis in range(people.ndim):
            people = np.concatenate([people, people.sum(axis, keepdims=True)], axis)
        labels = [[*of_axis, rule.total] for of_axis in labels]
        axes = range(people.ndim)
        nameless = [list(map(rule.is_nobody, of_axis)) for of_axis in labels]
        lines = np.argwhere(people)
        is_named = [not any(of[i] for of, i in zip(nameless, line, strict=True)) for line in lines]
        found = tuple(lines[np.array(is_named, dtype=bool)].T)
        named = [np.array(labels[at], dtype=object)[found[at]] for at in axes]
        also = [
            whole is not None and part == rule.total and tuple(group) in whole.hidden
            for *group, part in zip(*named, strict=True)
        ]
        hidden = np.zeros(people.shape, dtype=bool)
        hidden[found] = suppressed(
            {**dict(zip(axes, named, strict=True)), "base": people[found]},
            groups=axes,
            total=rule.total,
            minimum=rule.minimum,
            also=np.array(also, dtype=bool),
        )
        return cls(labels, people, hidden)

    @property
    def _groups(self) -> Iterator[tuple[Group, Counts, Flags]]:
        """Each group, with how many answered in each part and in all, and what is hidden of it."""
        for at in np.ndindex(self.people.shape[:-1]):
            group = tuple(labels[i] for labels, i in zip(self.labels, at, strict=False))
            yield group, self.people[at], self.hidden[at]

    def everybody(self, rule: Rule) -> Told:
        """Return what all parts together tell in a table of their own."""
        return rule.told({group: int(people[-1]) for group, people, _ in self._groups})

    def slice_of(self, picked: Flags, above: Sequence[Told], rule: Rule) -> Told:
        """Return what some parts tell if they are published together.

        Parameters
        ----------
        picked
            Which they are.
        above
            What they are a slice of: everybody first, all parts last.
        """
        sizes: dict[Group, int] = {}
        hidden, known = set[Group](), set[Group]()
        nameless = np.array([*map(rule.is_nobody, self.labels[-1][:-1])], dtype=bool)
        for group, people, closed in self._groups:
            size = int(people[:-1][picked].sum())
            if not size:
                continue
            sizes[group] = size
            parts = (people * closed)[:-1]
            others = parts[~picked]
            if others.any():  # who gave no answer is not shown either, and helps to hide them
                others = np.where(nameless[~picked], people[:-1][~picked], others)
            is_whole_told = group not in above[-1].hidden
            left = [of.people[group] - size for of in above]
            # Who gave no answer cannot be found by it, alone or beside others who are shown.
            unknown = int((people[:-1] * nameless)[~picked].sum())
            few_left = [*left[:-1], left[-1] if left[-1] > unknown else 0]
            if (
                rule.tells(parts[picked])
                or (rule.tells(others) and is_whole_told)
                or any(0 < few < rule.minimum for few in (others.sum(), *few_left))
                or (left[-1] == 0 and not is_whole_told)
            ):
                hidden.add(group)
            if 0 in left:
                known.add(group)
        return rule.told(sizes, hidden, known)


@dataclass(frozen=True)
class Beside:
    """A slice, and what it is a slice of.

    Attributes
    ----------
    where
        The condition that picks it.
    """

    where: Condition

    @cached_property
    def whole(self) -> Condition | None:
        """The condition that picks those it is a slice of; None for everybody."""
        return self.where.narrowed[1]

    @cached_property
    def step(self) -> Condition:
        """The condition that picks it from those."""
        return self.where.narrowed[0]

    @property
    def cut(self) -> str:
        """What the whole is cut by: the same for slices that are protected together."""
        return self.step.answered or self.step.text

    def hides(
        self,
        frame: Any,
        table: Columns,
        *,
        answers: Mapping[str, Sequence[str] | None],
        groups: Sequence[str],
        total: str,
        minimum: int,
        weight: str | None = None,
        no_groups: Collection[Any] = (),
    ) -> Flags:
        """Return which lines of the slice's table the other slices and the total would tell.

        Parameters
        ----------
        frame
            All respondents, on any engine.
        table
            Estimates for the slice, with columns ``question``, ``row`` and `groups`.
        answers
            By column of the frame, the answers that count in its base; None for all.
        total
            The label of totals in `groups`.
        weight
            The column of weights.
        no_groups
            Answers that make no group, such as that of who refused to say.
        """
        source, rule = Source.of(frame), Rule(total, minimum, frozenset(no_groups))
        hidden: set[tuple[Any, ...]] = set()
        for question, row in dict.fromkeys(zip(table["question"], table["row"], strict=True)):
            column = f"{question}__{row}" if row else str(question)
            known = answers.get(column)
            counted = Counted(
                column, None if known is None else tuple(known), tuple(groups), weight
            )
            told = self._told(source, counted, rule)[-1]
            hidden |= {(question, row, *group) for group in told.hidden}
        lines = zip(*(table[name] for name in ("question", "row", *groups)), strict=True)
        return np.array([line in hidden for line in lines], dtype=bool)

    def _told(self, source: Source, counted: Counted, rule: Rule) -> tuple[Told, ...]:
        """Return what everybody tells, and each slice down to this one."""

        def find() -> tuple[Told, ...]:
            above = Beside(self.whole)._told(source, counted, rule) if self.whole else ()
            parts = self._parts(source, counted, above[-1] if above else None, rule)
            above = above or (parts.everybody(rule),)
            picked = met(self.step, parts.labels[-1][:-1])
            return (*above, parts.slice_of(picked, above, rule))

        return _once(source, ("told", self.where.text, counted, rule), find)

    def _parts(self, source: Source, counted: Counted, whole: Told | None, rule: Rule) -> Parts:
        """Return what the slice is a part of: the same for all slices that are cut alike."""

        def find() -> Parts:
            return Parts.of(*headcount(source, counted, self.step, self.whole), whole, rule)

        of = self.whole.text if self.whole else None
        return _once(source, ("parts", of, self.cut, counted, rule), find)


def _once(source: Source, key: Hashable, work_out: Callable[[], T]) -> T:
    """Return what is known of rows in memory by a key; work it out where they are elsewhere."""
    return work_out() if source.held is None else source.held.once(key, work_out)
