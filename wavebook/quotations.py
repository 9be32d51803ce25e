"""What people said in interviews, on a page: a quotation an excerpt, attributed by role.

MyST-NB finds the renderer through an entry point, as those of `wavebook.outputs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes

from wavebook import interviews

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer

HEADING = "What people said in interviews"
AS_IT_IS = {"support_smartquotes": False}  # a quotation's marks and dashes are its own


class InterviewsRenderer:
    """Themes and their quotations; nothing at all where there are none."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [
        ("*", interviews.MIME, 1)
    ]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the quotations of a finding, None for any other output."""
        if inline or data.mime_type != interviews.MIME:
            return None
        themes = data.content["themes"]
        if not themes:
            return [nodes.comment("", "no interviews")]
        heading = nodes.rubric("", HEADING, **{"heading-level": 3})
        return [
            nodes.container(
                "",
                heading,
                *(part for theme in themes for part in _theme(theme)),
                classes=["wavebook-voices"],
            )
        ]


def _theme(theme: Mapping[str, Any]) -> Iterator[nodes.Element]:
    title = nodes.paragraph("", "", nodes.strong("", theme["theme"], **AS_IT_IS))
    title["classes"].append("wavebook-theme")
    if theme["spread"]:
        title += [nodes.Text(", "), nodes.inline("", theme["spread"], classes=["interval"])]
    yield title
    for quotation in theme["quotations"]:
        paragraphs = [part for part in quotation["text"].split("\n\n") if part.strip()]
        yield nodes.block_quote(
            "",
            *(nodes.paragraph("", text, **AS_IT_IS) for text in paragraphs),
            nodes.attribution("", quotation["role"], **AS_IT_IS),
        )
