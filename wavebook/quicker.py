"""What Sphinx does over and over, done in less time: only in the process that sets books."""

from __future__ import annotations

import optparse
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from docutils import SettingsSpec, frontend, nodes
from docutils.utils import DependencyList

Condition = Callable[[nodes.Node], bool]


def quicken() -> None:
    """Put what is quicker in its place."""
    nodes.Node.findall = findall
    frontend.get_default_settings = default_settings
    try:
        from myst_nb import sphinx_  # noqa: PLC0415  # not every book has notebooks
        from myst_nb.core.render import NbElementRenderer  # noqa: PLC0415
    except ImportError:
        return
    # It would write each notebook a second time.
    sphinx_.nbformat = SimpleNamespace(writes=lambda notebook: "")
    write_file = NbElementRenderer.write_file

    def write_outputs(
        renderer: NbElementRenderer, path: list[str], content: bytes, **how: bool
    ) -> str:
        is_notebook = path[-1].endswith(".ipynb")
        return "" if is_notebook else write_file(renderer, path, content, **how)

    NbElementRenderer.write_file = write_outputs


def default_settings(*components: type[SettingsSpec]) -> Any:
    """Return docutils' settings where nobody has said otherwise, for some components.

    `docutils.frontend.get_default_settings` builds the parser of a command line each time, and
    MyST-Parser asks for them for every piece of text.
    """
    if components not in _defaults:
        _defaults[components] = vars(_get_default_settings(*components))
    settings = optparse.Values.__new__(frontend.Values)
    vars(settings).update(
        {
            name: value[:] if isinstance(value, list) else value
            for name, value in _defaults[components].items()
        }
    )
    settings.record_dependencies = DependencyList()
    return settings


_get_default_settings: Callable[..., Any] = frontend.get_default_settings
_defaults: dict[tuple[type[SettingsSpec], ...], dict[str, Any]] = {}


def findall(
    node: nodes.Node,
    condition: type[nodes.Node] | Condition | None = None,
    include_self: bool = True,
    descend: bool = True,
    siblings: bool = False,
    ascend: bool = False,
) -> Iterator[nodes.Node]:
    """Return the nodes below one that meet a condition, as `docutils.nodes.Node.findall` does.

    That makes a generator of each node, within that of its parent. A document is gone through some
    hundred times before it is a page.
    """
    if not (include_self and descend) or siblings or ascend:
        return _docutils(node, condition, include_self, descend, siblings, ascend)
    if condition is None:
        return _met(node, lambda _: True)
    return _met(node, condition.__instancecheck__ if isinstance(condition, type) else condition)


_docutils: Callable[..., Iterator[nodes.Node]] = nodes.Node.findall


def _met(node: nodes.Node, meets: Condition) -> Iterator[nodes.Node]:
    if meets(node):
        yield node
    waiting = [iter(node.children)]
    while waiting:
        for child in waiting[-1]:
            if meets(child):
                yield child
            if child.children:
                waiting.append(iter(child.children))
                break
        else:
            waiting.pop()
