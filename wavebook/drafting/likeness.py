"""How alike texts are: question texts by their rare words, short labels by their letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

STEM = 6  # letters that tell a word: "familiar" and "familiarity" are one
NEGATIONS = {"not", "no", "never", "none", "without", "neither", "cannot"}
NEGATED = re.compile(r"(?:un|dis|in|im|non|less)(?=\w{3})")

Floats = NDArray[np.float64]


@lru_cache(maxsize=100_000)
def words(text: str) -> tuple[str, ...]:
    """Return a text's words: without tags, accents and case; names taken apart.

    Examples
    --------
    >>> words("<b>Café</b> — what's grown?")
    ('cafe', 'what', 's', 'grown')
    >>> words("growsBeans_2")
    ('grows', 'beans', '2')
    """
    text = re.sub(r"<[^<>]*>", " ", text)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = text.replace("’", "'").replace("n't", " not")
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[^\W_]+", plain))


def squeezed(text: str) -> str:
    """Return a text's letters and digits alone, to compare names written in different styles."""
    return "".join(words(text))


def likeness(texts: Sequence[str], others: Sequence[str]) -> Floats:
    """Return how alike each text is to each of the others, 0–1: words that are rare tell more.

    Cosine of the texts' words weighted by their inverse frequency (Salton & Buckley, 1988,
    *Information Processing & Management* 24).
    """
    stems = [{word[:STEM] for word in words(text)} for text in (*texts, *others)]
    frequency = Counter(stem for text in stems for stem in text)
    number = {stem: at for at, stem in enumerate(frequency)}
    weight = np.log(1 + len(stems) / np.array(list(frequency.values()) or [1], dtype=float))
    rows = [at for at, text in enumerate(stems) for _ in text]
    columns = [number[stem] for text in stems for stem in text]
    shape = (len(stems), max(1, len(number)))
    matrix = sparse.csr_matrix((weight[columns], (rows, columns)), shape=shape)
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    length[length == 0] = 1
    matrix = sparse.diags(1 / length) @ matrix
    return np.asarray((matrix[: len(texts)] @ matrix[len(texts) :].T).toarray())


@lru_cache(maxsize=100_000)
def alike(one: str, other: str) -> float:
    """Return how alike two short labels are, 0–1; a negation makes them half as alike.

    Examples
    --------
    >>> alike("Very familiar", "very  familiar.")
    1.0
    >>> alike("Likely", "Unlikely") < 0.5
    True
    """
    ours, theirs = words(one), words(other)
    if ours == theirs:
        return 1.0
    letters = SequenceMatcher(None, " ".join(ours), " ".join(theirs), autojunk=False).ratio()
    shared = len(set(ours) & set(theirs))
    common = 2 * shared / max(1, len(set(ours)) + len(set(theirs)))
    score = max(letters, (letters + common) / 2)
    return score / 2 if _negated(ours, theirs) != _negated(theirs, ours) else score


def _negated(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """Return how often a label negates: words that do, and the other's words with a prefix."""
    prefixed = sum(
        bool(match) and word[match.end() :] in theirs
        for word in ours
        if (match := NEGATED.match(word))
    )
    return (sum(word in NEGATIONS for word in ours) + prefixed) % 2
