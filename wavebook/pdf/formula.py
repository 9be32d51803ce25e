r"""The part of TeX's mathematics that a survey report needs, as Typst mathematics.

Typst's own notation differs from the TeX that Markdown authors type. What is not known here is an
error: a formula that is silently wrong would be worse than one printed as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wavebook.pdf.markup import quote

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)

# Names that both notations share.
SHARED = frozenset(
    {"alpha", "arg", "beta", "chi", "cos", "delta", "det", "epsilon", "eta", "exp", "gamma"}
    | {"Delta", "Gamma", "inf", "iota", "kappa", "lambda", "Lambda", "lim", "ln", "log", "max"}
    | {"min", "mu", "nu", "omega", "Omega", "phi", "Phi", "pi", "Pi", "Pr", "psi", "Psi", "rho"}
    | {"sigma", "Sigma", "sin", "sup", "tan", "tau", "theta", "Theta", "upsilon", "xi", "Xi"}
    | {"zeta"}
)
SYMBOLS = {
    **{name: name for name in SHARED},
    "approx": "approx",
    "cdot": "dot.op",
    "cdots": "dots.h.c",
    "dots": "dots.h",
    "ell": "ell",
    "equiv": "equiv",
    "forall": "forall",
    "ge": ">=",
    "geq": ">=",
    "in": "in",
    "infty": "infinity",
    "int": "integral",
    "ldots": "dots.h",
    "le": "<=",
    "leq": "<=",
    "mid": "|",
    "ne": "!=",
    "neq": "!=",
    "notin": "in.not",
    "partial": "partial",
    "pm": "plus.minus",
    "prod": "product",
    "propto": "prop",
    "qquad": "wide",
    "quad": "quad",
    "rightarrow": "arrow.r",
    "sim": "tilde.op",
    "sum": "sum",
    "times": "times",
    "to": "arrow.r",
    "varepsilon": "epsilon",
    "varphi": "phi",
    ",": "thin",
    ";": "thick",
    ":": "med",
    "!": "",
    " ": "space",
    "\\": "\\ ",
    "%": "%",
    "$": "\\$",
    "#": "\\#",
    "&": "\\&",
    "_": "\\_",
    "{": "\\{",
    "}": "\\}",
}
ACCENTS = {
    "bar": "macron",
    "boldsymbol": "bold",
    "hat": "hat",
    "mathbb": "bb",
    "mathbf": "bold",
    "mathcal": "cal",
    "overline": "overline",
    "sqrt": "sqrt",
    "tilde": "tilde",
    "underline": "underline",
    "widehat": "hat",
}
WORDS = frozenset({"mathit", "mathrm", "text", "textrm"})
SIZES = frozenset(
    {"Big", "Bigl", "Bigr", "big", "bigl", "bigr", "displaystyle", "limits", "textstyle"}
)
ENVIRONMENTS = frozenset({"align", "align*", "aligned", "equation", "equation*", "split"})


def from_tex(tex: str) -> str:
    r"""Return Typst mathematics, without the dollar signs, for a TeX formula.

    Raises
    ------
    ValueError
        For a command that has no counterpart here, or braces that do not match.

    Examples
    --------
    >>> from_tex(r"\hat{p} \pm \frac{1}{n}")
    'hat(p) plus.minus frac(1, n)'
    """
    return joined(sequence(iter(TOKEN.findall(tex)), end=None))


def joined(written: list[str]) -> str:
    """Return the parts with spaces between, except before what is attached to the part before."""
    if written and written[0][0] in "^_":
        written = ['""', *written]
    return "".join(f" {part}" if part[0] not in "^_" else part for part in written).lstrip()


def sequence(stream: Iterator[str], end: str | None) -> list[str]:
    """Return everything up to the closing token, which is taken too."""
    written: list[str] = []
    for token in stream:
        if token == end:
            return written
        written += item(token, stream)
    if end is not None:
        raise ValueError(f"{end} is missing")
    return written


def item(token: str, stream: Iterator[str]) -> list[str]:
    """Return what one token stands for, with its arguments."""
    if token == "}":
        raise ValueError("} without {")
    if token == "{":
        return sequence(stream, "}")
    if token.startswith("\\"):
        return command(token[1:], stream)
    if token in "^_":
        return [f"{token}({argument(stream)})"]
    if token.isspace():
        return []
    return [token if token[0].isalnum() or token in "+-=<>|&.:'" else f"\\{token}"]


def argument(stream: Iterator[str]) -> str:
    """Return the next group or the next single token."""
    return joined(item(next_token(stream), stream))


def next_token(stream: Iterator[str]) -> str:
    """Return the next token that is not white space."""
    for token in stream:
        if not token.isspace():
            return token
    raise ValueError("an argument is missing")


def words(stream: Iterator[str]) -> str:
    """Return the next group as plain words."""
    if next_token(stream) != "{":
        raise ValueError("{ is missing")
    return "".join(iter(lambda: next(stream, "}"), "}"))


def command(name: str, stream: Iterator[str]) -> list[str]:
    """Return what a command stands for."""
    if name in SYMBOLS:
        written = SYMBOLS[name]
    elif name in ACCENTS:
        written = f"{ACCENTS[name]}({argument(stream)})"
    elif name in WORDS:
        written = quote(words(stream))
    elif name.rstrip("*") == "operatorname":
        written = f"op({quote(words(stream))})"
    elif name in {"frac", "dfrac", "tfrac"}:
        written = f"frac({argument(stream)}, {argument(stream)})"
    elif name == "binom":
        written = f"binom({argument(stream)}, {argument(stream)})"
    elif name == "left":
        opening = delimiter(stream)
        inside = joined(sequence(stream, "\\right"))
        written = f"lr({opening} {inside} {delimiter(stream)})"
    elif (name in {"begin", "end"} and words(stream) in ENVIRONMENTS) or name in SIZES:
        written = ""
    else:
        raise ValueError(f"\\{name} is not known")
    return [written] if written else []


def delimiter(stream: Iterator[str]) -> str:
    r"""Return the bracket after ``\left`` or ``\right``; a full stop stands for none."""
    token = next_token(stream)
    if token == ".":
        return ""
    return token if token == "|" else f"\\{token.removeprefix(chr(92))}"
