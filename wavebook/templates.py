"""The theme's templates, compiled once, and the book's contents as each page lists them.

The theme makes the list of contents beside a page from the tree of all documents, and mends it with
an HTML parser: a quarter of what a page takes. It stays the same until a title or the order of the
book changes, whatever the page says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemBytecodeCache
from sphinx.jinja2glue import BuiltinTemplateLoader

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.theming import Theme

LISTED = "generate_toctree_html"  # what the theme's templates call for it
FILE = "contents.json"
UNTOLD = (' data-theme="auto"', ' data-theme="light"')


class Templates(BuiltinTemplateLoader):
    """Renders templates, and keeps what it can beside what was read of documents."""

    def init(
        self, builder: Builder, theme: Theme | None = None, dirs: list[str] | None = None
    ) -> None:
        """Keep templates as they were compiled."""
        super().init(builder, theme, dirs)
        self._folder = Path(builder.doctreedir)
        compiled = self._folder / "templates"
        compiled.mkdir(parents=True, exist_ok=True)
        self.environment.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        self._made_from = ""
        self._listed: dict[str, str] = {}
        self._has_more = False

    def recall(self, made_from: str) -> None:
        """Take the lists that were made from the same.

        Parameters
        ----------
        made_from
            Digest of all that a page's list hangs on, beside which page it is.
        """
        self._made_from = made_from
        try:
            known, listed = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if known == made_from:
            self._listed = listed

    def save(self) -> None:
        """Write the lists, if there are more than before."""
        if self._has_more:
            told = json.dumps((self._made_from, self._listed))
            (self._folder / FILE).write_text(told, encoding="utf-8")

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]
        """Render a template, which finds the list of contents here."""
        make = context.get(LISTED)
        if make is not None and getattr(make, "func", None) != self._list:
            context[LISTED] = partial(self._list, context["pagename"], make)
        # The theme has colours for light and dark; which it is, only its script tells.
        return super().render(template, context).replace(*UNTOLD, 1)

    def _list(self, pagename: str, make: Callable[..., Any], *given: Any, **options: Any) -> Any:
        """Return what the theme makes of the contents for a page."""
        if options.get("kind") != "sidebar":
            return make(*given, **options)
        key = json.dumps((pagename, given, options), sort_keys=True)
        if key not in self._listed:
            self._listed[key] = str(make(*given, **options))
            self._has_more = True
        return self._listed[key]
