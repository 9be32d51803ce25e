"""What is wrong in a file of keys and values, in words that need no knowledge of the validator."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from wavebook.errors import Problem

# What pydantic calls a kind of value, and a reader of YAML does not.
_KINDS = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    **dict.fromkeys(("dict_type", "model_type", "mapping_type"), "keys and values"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    "string_type": "text",
}
_SHAPES = {list: "a list", dict: "keys and values", type(None): "nothing"}


def validation_problems(error: ValidationError, name: str) -> list[Problem]:
    """Return pydantic's findings as problems of a file: what was found, and what was expected."""
    return [
        Problem(
            name,
            _in_our_words(one),
            column=".".join(str(part) for part in one["loc"] if part != "[key]") or None,
        )
        for one in error.errors()
    ]


def _in_our_words(one: ErrorDetails) -> str:
    match one["type"]:
        case "missing":
            return "expected, and not there"
        case "extra_forbidden":
            return "no such key is known here"
    said = one["msg"].removeprefix("Value error, ")
    expected = said.removeprefix("Input should be ")
    if expected == said:
        return said
    expected = _KINDS.get(one["type"], expected)
    found = one["input"]
    if one["type"] == "string_type" and isinstance(found, int | float):
        expected += ", so put quotation marks around it"
    told = repr(found) if isinstance(found, str | int | float) else _SHAPES.get(type(found), "")
    return f"found {told}; expected {expected}" if told else f"expected {expected}"
