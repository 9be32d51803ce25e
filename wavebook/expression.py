"""Small conditions on a respondent's answers: who is asked a question, which slice to report.

``site == 'north'``, ``grows__beans in ['plenty', 'some'] and not region == 'north'``:
names of columns, quoted answers, ``== != < <= > >= in``, ``and or not`` and brackets. Who gave no
answer meets no comparison with it, ``!=`` and ``not in`` included; ``not`` before one takes them
in. Nothing is evaluated as Python: a condition becomes a narwhals expression, which any engine can
run.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import TYPE_CHECKING, Any

from wavebook.errors import WavebookError, short
from wavebook.wording import join

if TYPE_CHECKING:
    import narwhals as nw

MOST = 200  # comparisons: each is a step deeper into what an engine can follow
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: eq,
    ast.NotEq: ne,
    ast.Lt: lt,
    ast.LtE: le,
    ast.Gt: gt,
    ast.GtE: ge,
}
_LISTING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    Attributes
    ----------
    text
        The condition as written.
    mentions
        Each column with the answers it is compared with.
    """

    text: str
    tree: ast.expr
    mentions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the condition reads, each once."""
        return tuple(dict.fromkeys(column for column, _ in self.mentions))

    @property
    def cut(self) -> tuple[str, Any, Condition | None] | None:
        """The question and the answer by which a slice is cut, and what it is cut from.

        That is the last comparison with ``==`` that everything else is joined to by ``and``; None
        where there is no such thing.
        """
        first, last = None, self.tree
        if isinstance(last, ast.BoolOp) and isinstance(last.op, ast.And):
            *others, last = last.values
            joined = others[0] if len(others) == 1 else ast.BoolOp(ast.And(), others)
            first = parse(ast.unparse(joined))
        match last:
            case ast.Compare(
                left=ast.Name(id=column), ops=[ast.Eq()], comparators=[ast.Constant(value=answer)]
            ):
                return column, answer, first
        return None

    @cached_property
    def narrowed(self) -> tuple[Condition, Condition | None]:
        """The last thing that is asked for, and what is asked for besides; None for nothing.

        These are parts joined by ``and``. What is asked for of the answers to one question is one
        thing, wherever its parts stand.
        """
        *parts, last = (_condition(node) for node in _joined(self.tree))
        one = last.columns if len(last.columns) == 1 else None
        rest = [part.tree for part in parts if part.columns != one]
        together = [*(part.tree for part in parts if part.columns == one), last.tree]
        return _all_of(together), _all_of(rest) if rest else None

    @cached_property
    def answered(self) -> str | None:
        """The only column that the condition is about, where it lists or leaves out answers."""
        compared = (node for node in ast.walk(self.tree) if isinstance(node, ast.Compare))
        is_listed = all(isinstance(op, _LISTING) for node in compared for op in node.ops)
        return self.columns[0] if is_listed and len(self.columns) == 1 else None

    def is_met_by(self, answer: Any) -> bool:
        """Whether an answer to the column that is `answered` meets the condition; None is none."""
        return _is_met(self.tree, answer)

    @property
    def quoted(self) -> tuple[str, ...]:
        """The columns that are compared with something in quotes, each once."""
        compared = (node for node in ast.walk(self.tree) if isinstance(node, ast.Compare))
        return tuple(
            dict.fromkeys(
                node.left.id
                for node in compared
                if isinstance(node.left, ast.Name)
                and any(isinstance(getattr(x, "value", None), str) for x in ast.walk(node))
            )
        )

    def expr(self) -> nw.Expr:
        """Return the condition for narwhals; a missing answer meets no comparison."""
        return _expr(self.tree)

    def in_words(self, column: Callable[[str], str], answer: Callable[[str, str], str]) -> str:
        """Return the condition for readers: ``Site: North or South; What is grown: not Roses``.

        Parameters
        ----------
        column, answer
            Give the label of a column, and of a column's answer.
        """
        return _words(self.tree, column, answer)


def parse(text: str) -> Condition:
    """Return a condition.

    Raises
    ------
    WavebookError
        If `text` is not a condition of the form above.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise WavebookError(
            f"'{short(text)}' is not a condition: {getattr(error, 'msg', error)}; "
            "expected the like of column == 'answer'"
        ) from None
    mentions: list[tuple[str, tuple[str, ...]]] = []
    _collect(tree, text, mentions)
    if len(mentions) > MOST:
        raise WavebookError(
            f"a condition of {len(mentions):,} comparisons; expected at most {MOST}: join answers "
            "to one question with in"
        )
    return Condition(text, tree, tuple(mentions))


def _joined(node: ast.expr) -> list[ast.expr]:
    """Return what a condition joins by ``and``, brackets within brackets too."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [part for value in node.values for part in _joined(value)]
    return [node]


def _all_of(parts: list[ast.expr]) -> Condition:
    return _condition(parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts))


def _condition(tree: ast.expr) -> Condition:
    mentions: list[tuple[str, tuple[str, ...]]] = []
    _collect(tree, "", mentions)
    return Condition(ast.unparse(tree), tree, tuple(mentions))


def _collect(node: ast.expr, text: str, mentions: list[tuple[str, tuple[str, ...]]]) -> None:
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _collect(value, text, mentions)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _collect(operand, text, mentions)
        case ast.Compare(
            left=ast.Name(id=column),
            ops=[ast.In() | ast.NotIn()],
            comparators=[ast.List(elts=elements) | ast.Tuple(elts=elements)],
        ) if all(isinstance(e, ast.Constant) for e in elements):
            mentions.append((column, tuple(str(ast.literal_eval(e)) for e in elements)))
        case ast.Compare(
            left=ast.Name(id=column), ops=[op], comparators=[ast.Constant(value=v)]
        ) if type(op) in _COMPARISONS:
            mentions.append((column, (str(v),)))
        case _:
            raise WavebookError(
                f"'{short(text)}' is not a condition: '{short(ast.unparse(node))}' should look "
                "like column == 'answer' or column in ['one', 'two'], joined by and, or, not"
            )


_WORDS: dict[type[ast.cmpop], str] = {
    ast.NotEq: "not ",
    ast.NotIn: "not ",
    ast.Lt: "less than ",
    ast.LtE: "at most ",
    ast.Gt: "more than ",
    ast.GtE: "at least ",
}


def _words(node: ast.expr, column: Callable[[str], str], answer: Callable[[str, str], str]) -> str:
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = [_words(value, column, answer) for value in values]
            return ("; " if isinstance(op, ast.And) else ", or ").join(parts)
        case ast.UnaryOp(operand=operand):
            return f"not ({_words(operand, column, answer)})"
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]):
            value = ast.literal_eval(right)
            many = value if isinstance(value, list | tuple) else [value]
            told = join([answer(name, str(one)) for one in many], last="or")
            return f"{column(name)}: {_WORDS.get(type(op), '')}{told}"
    raise AssertionError(ast.dump(node))  # parse lets nothing else through


def _is_met(node: ast.expr, answer: Any) -> bool:
    match node:
        case ast.BoolOp(op=op, values=values):
            return (all if isinstance(op, ast.And) else any)(_is_met(one, answer) for one in values)
        case ast.UnaryOp(operand=operand):
            return not _is_met(operand, answer)
        case ast.Compare(ops=[op], comparators=[right]):
            value = ast.literal_eval(right)
            is_it = answer in value if isinstance(op, ast.In | ast.NotIn) else answer == value
            return answer is not None and is_it == isinstance(op, ast.In | ast.Eq)
    raise AssertionError(ast.dump(node))  # parse lets nothing else through


def _expr(node: ast.expr) -> nw.Expr:
    import narwhals as nw  # noqa: PLC0415  # whoever only reads conditions has no rows

    match node:
        case ast.BoolOp(op=op, values=values):
            join = and_ if isinstance(op, ast.And) else or_
            result = _expr(values[0])
            for value in values[1:]:
                result = join(result, _expr(value))
            return result
        case ast.UnaryOp(operand=operand):
            return ~_expr(operand)
        case ast.Compare(left=ast.Name(id=column), ops=[op], comparators=[right]):
            value = ast.literal_eval(right)
            if isinstance(op, ast.In | ast.NotIn):
                inside = nw.col(column).is_in(list(value))
                compared = inside if isinstance(op, ast.In) else ~inside
            else:
                compared = _COMPARISONS[type(op)](nw.col(column), value)
            # Engines differ on what a missing answer is unequal to; here it is unequal to nothing.
            return compared.fill_null(False) & ~nw.col(column).is_null()
    raise AssertionError(ast.dump(node))  # parse lets nothing else through
