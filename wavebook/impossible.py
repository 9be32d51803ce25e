"""Answers that exclude each other, as the instrument declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from wavebook.lifetime import Strict

_OF_A_ROW = re.compile(r"\b([a-z][a-z0-9_]*)__\{row\}")


class Impossible(Strict):
    """A condition that no respondent can meet, and why.

    `where` is written as a question's base is; with ``{row}`` it holds for each row that all the
    questions so named have. A rule that is merely unlikely to be broken is a ``warning``.
    """

    where: str = Field(min_length=1)
    because: str = Field(min_length=1)
    severity: Literal["error", "warning"] = "error"

    def conditions(self, columns: Mapping[str, tuple[str, str]]) -> Iterator[str]:
        """Yield the condition for each row that it is meant for.

        Parameters
        ----------
        columns
            The instrument's columns, as ``{column: (question, row)}``.
        """
        questions = set(_OF_A_ROW.findall(self.where))
        if not questions:
            yield self.where
            return
        rows = dict.fromkeys(row for question, row in columns.values() if question in questions)
        for row in rows:
            if all(f"{question}__{row}" in columns for question in questions):
                yield self.where.replace("{row}", row)
