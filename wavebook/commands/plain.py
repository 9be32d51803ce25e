"""Commands that take a value as it stands where that is all there is to do, and once.

Typer has pydantic convert each value of a command, be it text to text or nothing to nothing, and
importing pydantic takes a third of the time of a build that has nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

Process = Callable[[Any, Any], Any]  # of a context and a value as it was given


class _Plain:
    """Lets the parameters of a command be converted only where they have to be."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, the one for help among them."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in found:
            if not isinstance(parameter.process_value, partial):
                parameter.process_value = partial(_processed, parameter, parameter.process_value)
        return found


class Command(_Plain, TyperCommand):
    """A command; an option that takes one value is given once, or one of them would not count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the command line apart."""
        *_, given = self.make_parser(ctx).parse_args(args=list(args))
        for option in given:
            takes_one = isinstance(option, TyperOption) and not (option.multiple or option.is_flag)
            if takes_one and given.count(option) > 1:
                ctx.fail(f"{option.opts[0]} is given {given.count(option)} times; expected once")
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


class Group(_Plain, TyperGroup):
    """What commands belong to."""


def _processed(parameter: Any, convert: Process, context: Any, value: Any) -> Any:
    """Return what a command is given, as typer's own process would."""
    if value is None and not parameter.required:
        plain = () if parameter.multiple or parameter.nargs == -1 else None
    elif value is not None and type(value) is _type_of(parameter):
        plain = value
    else:
        return convert(context, value)
    callback = parameter.callback
    return plain if callback is None else callback(context, parameter, plain)


def _type_of(parameter: Any) -> Any:
    """Return what is wanted; nothing is known of a typer before 0.29, which needs no pydantic."""
    return getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
