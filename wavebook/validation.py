"""What is wrong in a file of keys and values, in words that need no knowledge of the validator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wavebook.errors import Problem, nearest

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


def validation_problems(error: ValidationError, name: str, model: type[BaseModel]) -> list[Problem]:
    """Return pydantic's findings as problems of a file: what was found, and what was expected.

    Parameters
    ----------
    model
        What the file was held against; its keys are those that a wrong one may have been meant for.
    """
    return [
        Problem(
            name,
            _in_our_words(one, model),
            column=".".join(str(part) for part in one["loc"] if part != "[key]") or None,
        )
        for one in error.errors()
    ]


def _in_our_words(one: ErrorDetails, model: type[BaseModel]) -> str:
    match one["type"]:
        case "missing":
            return "expected, and not there"
        case "extra_forbidden":
            *above, key = one["loc"]
            return f"no such key is known here{nearest(str(key), _known(model, above))}"
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


def _known(model: type[BaseModel], place: Sequence[int | str]) -> Iterator[str]:
    """Yield the keys that a model knows at a place, in any of the forms that it may have there."""
    whole = model.model_json_schema()

    def forms(node: Any) -> Iterator[dict[str, Any]]:
        """Yield what a node of the schema may be."""
        if reference := node.get("$ref"):
            yield from forms(whole["$defs"][reference.rpartition("/")[2]])
        choices = [*node.get("anyOf", ()), *node.get("oneOf", ())]
        for choice in choices:
            yield from forms(choice)
        if not reference and not choices:
            yield node

    def below(node: dict[str, Any], key: int | str) -> Any:
        """Return what stands under a key; the node itself where the key tells its form alone."""
        keys = node.get("properties", {})
        return keys.get(key) or node.get("additionalProperties") or node.get("items") or node

    nodes = list(forms(whole))
    for key in place:
        nodes = [form for node in nodes for form in forms(below(node, key))]
    for node in nodes:
        yield from node.get("properties", ())
