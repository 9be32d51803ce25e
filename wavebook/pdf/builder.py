"""The book as one PDF: a Sphinx builder that writes Typst and compiles it to PDF/UA-1."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sphinx.builders import Builder
from sphinx.util import logging

from wavebook.desk import TYPST_SOURCE, link
from wavebook.drawn import store_of
from wavebook.errors import WavebookError
from wavebook.marked import filled
from wavebook.pdf.assembly import assemble, fragments
from wavebook.pdf.book import Book, parts_of
from wavebook.pdf.fragments import read_fragments, save_fragments
from wavebook.pdf.markup import call, in_quotes
from wavebook.pdf.typeset import (
    PICTURES,
    TEMPLATE,
    Typeset,
    missing_characters,
    typeset,
    with_quoted_fonts,
)
from wavebook.pdf.writer import file_of, write
from wavebook.titles import titles_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

THEME = Path(__file__).parents[1] / "theme"
RESULT = "report.pdf"
IMPORT = f'#import "/{TEMPLATE}": *'

# What a notebook's output is printed from, best first.
MIME_TYPES = ("image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")

# Values of `wavebook_pdf` and what they are where a book says nothing.
DEFAULTS: Mapping[str, Any] = {
    "title": "",  # Sphinx's project
    "subtitle": "",
    "wave": "",
    "edition": "",
    "date": "",  # ISO; of the cover and of the file
    "author": "",  # Sphinx's author
    "language": "en-GB",
    "keywords": (),
    "note": "",  # on the cover, under the edition: where it is published, its licence
    "notice": "",  # on the cover, in a box
    "notice_short": "",  # at the foot of every page
}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder ``typst`` and its configuration value ``wavebook_pdf``."""
    app.add_builder(TypstBuilder)
    app.add_config_value("wavebook_pdf", {}, "", (dict,))
    app.connect("config-inited", prefer_printable_outputs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def prefer_printable_outputs(app: Sphinx, config: Config) -> None:
    """Tell MyST-NB, where it is in use, which form of an output this builder can print."""
    if "nb_mime_priority_overrides" in config:
        ours = [("typst", mime, 10 * (i + 1)) for i, mime in enumerate(MIME_TYPES)]
        config.nb_mime_priority_overrides = [*ours, *config.nb_mime_priority_overrides]


class TypstBuilder(Builder):
    """Writes ``report.typ``, its images and ``report.pdf``.

    Attributes
    ----------
    typeset
        What makes the PDF of its source.
    last
        The folder of the last PDF's source; documents that have not changed stay as they are there.
    """

    name = "typst"
    format = "typst"
    epilog = f"The report is in %(outdir)s/{RESULT}."
    supported_image_types: ClassVar[list[str]] = [  # type: ignore[misc]
        "image/svg+xml",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
    ]

    typeset: Typeset = staticmethod(typeset)
    last: Path | None = None

    def get_outdated_docs(self) -> str:
        """Return that the whole book is always set anew."""
        return "all documents"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return a mark that the writer turns into a link within the PDF."""
        return f"%{docname}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Return the same mark: there is but one file."""
        return self.get_target_uri(to, typ)

    def write(self, *ignored: Any) -> None:
        """Assemble the book, write it as Typst and compile it."""
        assembly = assemble(self, read_fragments(self.last))
        self.post_process_images(assembly.tree)
        for fragment in assembly.known.values():
            self.images |= fragment.images
        root = self.config.root_doc
        parts, in_parts = parts_of(self.env.get_doctree(root))
        book = Book(
            parts=parts,
            in_parts=in_parts,
            sections=self.env.toc_secnumbers,
            figures=self.env.toc_fignumbers,
            numbered_figures=self.config.numfig,
            supplements={kind: self.supplement(kind) for kind in ("figure", "table")},
            images={uri: f"{PICTURES}/{file}" for uri, file in self.images.items()},
        )
        written = write(
            assembly.tree,
            book,
            lambda message, node: logger.warning(message, location=node),
            known=assembly.known,
            places=assembly.places,
            is_numbered=assembly.numbered,
        )
        named = titles_of(self.app)
        texts = {
            docname: filled(text, named, [in_quotes]) for docname, text in written.files.items()
        }
        root_text = filled(written.markup, named, [in_quotes])
        outdir = Path(self.outdir)
        shutil.copyfile(THEME / "report.typ", outdir / TEMPLATE)
        meta = self.metadata()
        markup = "".join([root_text, *texts.values()])
        store = store_of(self.config) if "wavebook_cache" in self.config else None
        missing = missing_characters(markup + str(meta) + self.drawn_text(), store)
        if missing:
            logger.warning(
                f"no font of the PDF has {', '.join(missing)}: printed by number",
                type="wavebook",
                subtype="font",
            )
        self.copy_images(outdir, missing)
        for docname, text in texts.items():
            self.put(outdir / file_of(docname), f"{IMPORT}\n\n{text}\n")
        heading = f"{IMPORT}\n\n{call('show: report.with', **meta, missing=missing)}"
        source = outdir / TYPST_SOURCE
        source.write_text(f"{heading}\n\n// {root}\n\n{root_text}\n", encoding="utf-8")
        save_fragments(outdir, fragments(assembly, written, self.images))
        try:
            self.typeset(source, outdir / RESULT, stamp(meta["date"]), written.stubs)
        except WavebookError as error:
            raise WavebookError(self.as_in_the_book(str(error))) from None

    def finish(self) -> None:
        """Do nothing: everything is written."""

    def as_in_the_book(self, told: str) -> str:
        """Return what is told of a picture with its name in the book, not in the PDF's source."""
        for uri, file in self.images.items():
            if told.startswith(f"{PICTURES}/{file}:"):
                return told.replace(f"{PICTURES}/{file}", uri, 1)
        return told

    def supplement(self, kind: str) -> str:
        """Return what stands before the number of a figure or table."""
        if not self.config.numfig:
            return kind.title()
        return str(self.config.numfig_format[kind]).partition("%s")[0].strip()

    def metadata(self) -> dict[str, Any]:
        """Return what the cover, the running foot and the file's properties say."""
        given: dict[str, Any] = self.config.wavebook_pdf
        unknown = sorted(set(given) - set(DEFAULTS))
        if unknown:
            raise WavebookError(
                f"wavebook_pdf: unknown {', '.join(unknown)}; known: {', '.join(DEFAULTS)}"
            )
        meta = {**DEFAULTS, **{key: entry for key, entry in given.items() if entry is not None}}
        meta["title"] = meta["title"] or self.config.project
        meta["author"] = meta["author"] or self.config.author
        return meta | {"date": str(meta["date"])}

    def put(self, path: Path, text: str) -> None:
        """Write a file of the source; one that says the same as last time is linked to that."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        if self.last is not None:
            before = self.last / path.relative_to(self.outdir)
            if before.is_file() and before.read_bytes() == content:
                link(str(before), str(path))
                return
        path.write_bytes(content)

    def drawn_text(self) -> str:
        """Return the sources of the book's drawings, whose text needs fonts as well."""
        drawings = (Path(self.srcdir) / uri for uri in self.images if uri.endswith(".svg"))
        return "".join(drawing.read_text(encoding="utf-8") for drawing in drawings)

    def copy_images(self, outdir: Path, missing: str) -> None:
        """Copy the book's images beside its Typst source, a box for each missing character."""
        boxes = str.maketrans(dict.fromkeys(missing, "□"))
        (outdir / PICTURES).mkdir(parents=True, exist_ok=True)
        for uri, file in self.images.items():
            image, copy = Path(self.srcdir) / uri, outdir / PICTURES / file
            if image.is_dir():
                raise WavebookError(f"{uri}: expected a picture, found a folder")
            if copy.suffix == ".svg":
                svg = image.read_text(encoding="utf-8")
                svg = svg.translate(boxes) if boxes else svg
                self.put(copy, with_quoted_fonts(svg))
            else:
                shutil.copyfile(image, copy)


def stamp(iso_date: str) -> datetime:
    """Return the time that the PDF gives as its making, so that equal books are equal files."""
    try:
        day = date.fromisoformat(iso_date) if iso_date else date(1970, 1, 1)
    except ValueError as error:
        raise WavebookError(f"wavebook_pdf: date '{iso_date}' is not YYYY-MM-DD") from error
    return datetime.combine(day, time(), tzinfo=UTC)
