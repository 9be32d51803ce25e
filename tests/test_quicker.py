"""What is done in less time gives what it gave before."""

from __future__ import annotations

import pytest
from docutils import frontend, nodes
from docutils.parsers.rst import Parser as RSTParser
from docutils.writers.html5_polyglot import Writer as HTMLWriter
from hypothesis import given
from hypothesis import strategies as st

from wavebook import quicker
from wavebook.quicker import findall

KINDS = (nodes.paragraph, nodes.emphasis, nodes.Element, nodes.Text, nodes.image)
TREES = st.recursive(
    st.sampled_from("ab").map(nodes.Text) | st.builds(nodes.image),
    lambda parts: st.builds(
        lambda kind, below: kind("", *below),
        st.sampled_from((nodes.paragraph, nodes.emphasis)),
        st.lists(parts, max_size=4),
    ),
)


@pytest.mark.parametrize("components", [(), (RSTParser,), (RSTParser, HTMLWriter)])
def test_settings_are_those_of_docutils(components) -> None:
    theirs = vars(frontend.get_default_settings(*components))
    first = quicker.default_settings(*components)
    for told in vars(first).values():
        if isinstance(told, list):
            told.append("a")
    first.record_dependencies.add("a")
    ours = quicker.default_settings(*components)  # whatever others have done to theirs
    assert type(ours) is frontend.Values
    assert ours.record_dependencies.list == theirs.pop("record_dependencies").list == []
    assert {name: told for name, told in vars(ours).items() if name in theirs} == theirs


@given(TREES, st.sampled_from((None, *KINDS, lambda node: node.astext() == "a")))
def test_the_same_nodes_are_found_in_the_same_order(tree, condition) -> None:
    assert list(map(id, findall(tree, condition))) == list(map(id, tree.findall(condition)))


@given(TREES, st.sampled_from(KINDS), st.booleans())
def test_what_is_added_and_removed_meanwhile_is_seen_as_before(tree, kind, removes) -> None:
    def changed(walk) -> list[str]:
        root = nodes.section("", tree.deepcopy(), nodes.paragraph())
        found = []
        for at, node in enumerate(walk(root, kind)):
            found.append(node.__class__.__name__)
            if isinstance(node, nodes.Element) and node.parent is not None and at < 9:
                if removes:
                    node.parent.remove(node)
                else:
                    node.append(nodes.emphasis("", nodes.Text("new")))
        return found

    assert changed(findall) == changed(lambda root, kind: root.findall(kind))


@given(TREES)
def test_other_ways_of_looking_are_left_to_docutils(tree) -> None:
    root = nodes.section("", nodes.paragraph(), tree, nodes.image())
    ways = ({"include_self": False}, {"siblings": True}, {"ascend": True}, {"descend": False})
    for way in ways:
        assert list(findall(root[0], None, **way)) == list(root[0].findall(None, **way))
