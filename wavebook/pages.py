"""The website, written page by page: only those that differ from the last time are written.

A page rests on its own document and on what every page shows of the others: titles, the contents,
what links resolve to. Where nothing but the text of some documents has changed, the pages of the
others are taken from the last build as they are.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.jinja2glue import BuiltinTemplateLoader
from sphinx.locale import _TranslationProxy
from sphinx.util import fileutil
from sphinx.util.fileutil import copy_asset_file

from wavebook import search
from wavebook.chapters import subject_of
from wavebook.desk import link
from wavebook.marked import fill_in, filled
from wavebook.press import SEARCH
from wavebook.templates import Templates
from wavebook.titles import mark_titles, titles_of, without

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# What the environment knows of documents beside their text, and some page other than theirs shows.
SHARED = (
    "titles", "longtitles", "tocs", "toc_num_entries", "toc_secnumbers", "toc_fignumbers",
    "toctree_includes", "files_to_rebuild", "glob_toctrees", "numbered_toctrees",
)  # fmt: skip
OF_ITS_PAGE = frozenset({"wordcount"})  # metadata of a document that no other page shows
STATIC = "_static"
# Of a theme's static files: words in fifty languages for Sphinx itself, what only a debugger asks
# for, and what templates have in them already.
NOT_LOADED = frozenset(("locales",))
NOT_SERVED = (".map", "-macros.html")
# Where in a source file something stands shows on no page.
PLACES = frozenset({"line", "lineno"})


@dataclass(frozen=True)
class Written:
    """What is known of the pages as they were last written.

    Attributes
    ----------
    made_by
        Digest of what every page is made by.
    shared
        Digest of what every page shows of the others.
    images
        The images on each page: the name of each in the website, by its place in the source.
    read
        The files outside the source that documents depend on.
    """

    made_by: str = ""
    shared: str = ""
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read: Sequence[str] = ()


class NameTakenError(Exception):
    """Two images of one name: which is called what hangs on the order of reading."""


class Pages(StandaloneHTMLBuilder):
    """Writes the pages that differ, and takes the others from the last build.

    Attributes
    ----------
    last
        The folder with the pages of the last build, and `known` of them; or nothing.
    shared
        The folder of another website that is made of the same files by the same theme.
    before_writing
        Called when every document is read and before any page is written.
    """

    last: Path | None = None
    known: Written = Written()
    made_by: str = ""
    shared: Path | None = None
    before_writing: Callable[[], None] = staticmethod(lambda: None)

    def init(self) -> None:
        """Begin with no page."""
        super().init()
        self._rendered: list[Path] = []

    def create_template_bridge(self) -> None:
        """Take templates that keep what can be kept; a book may bring others of its own."""
        super().create_template_bridge()
        if type(self.templates) is BuiltinTemplateLoader:
            self.templates = Templates()

    def get_outdated_docs(self) -> str:  # type: ignore[override]
        """Return that pages are chosen later: what differs shows when documents are read."""
        return "pages that differ"

    def write(
        self,
        build_docnames: Iterable[str] | None,
        updated_docnames: Sequence[str],
        method: Literal["all", "specific", "update"] = "update",
    ) -> None:
        """Write the pages that differ, and put the others where they belong."""
        taken = any(Path(path).name != name for path, (_, name) in self.env.images.items())
        if taken and not self.app.fresh_env_used:
            raise NameTakenError
        if self.config.wavebook_mark:
            mark_titles(self.app)
        shared = shared_by_pages(self.app)
        if isinstance(self.templates, Templates):
            self.templates.recall(f"{self.made_by} {shared}")
        self.before_writing()
        kept = self._kept(shared, set(updated_docnames))
        self.written = Written(
            self.made_by,
            shared,
            {name: self.known.images[name] for name in kept},
            read_elsewhere(self.env),
        )
        for docname in kept:
            self._keep(docname)
        super().write(set(self.env.found_docs) - kept, [], "specific")

    def write_doctree(  # type: ignore[misc]  # Sphinx does not expect it to be done otherwise
        self, docname: str, doctree: nodes.document, *, _cache: bool = True
    ) -> None:
        """Put a document in the place of what was read before: that may be linked to (`desk`)."""
        (Path(self.doctreedir) / f"{docname}.doctree").unlink(missing_ok=True)
        super().write_doctree(docname, doctree, _cache=_cache)

    def write_doc_serialized(self, docname: str, doctree: nodes.document) -> None:
        """Note the images of a page as they are collected."""
        super().write_doc_serialized(docname, doctree)
        shown = {node["uri"] for node in doctree.findall(nodes.image)}
        images = {uri: name for uri, name in self.images.items() if uri in shown}
        self.written = replace(self.written, images={**self.written.images, docname: images})

    def finish(self) -> None:
        """Write what belongs to no document, and keep what templates can use again."""
        super().finish()
        if isinstance(self.templates, Templates):
            self.templates.save()

    def copy_theme_static_files(self, context: dict[str, Any]) -> None:
        """Copy what pages load of the theme's files."""
        assert self.theme is not None
        for folder in reversed(self.theme.get_theme_dirs()):
            static = Path(folder) / "static"
            for origin in _loaded(static):
                target = Path(self.outdir) / STATIC / origin.relative_to(static)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)  # it may be linked to another website's
                copy_asset_file(origin, target, context, self.templates)

    def share(self, target: Path, like: Path) -> bool:
        """Give a file of another website a second name here, if it is the same as `like`."""
        if self.shared is None or not target.is_relative_to(self.outdir):
            return False
        other = self.shared / target.relative_to(self.outdir)
        is_same = other.is_file() and filecmp.cmp(other, like, shallow=False)
        if is_same:
            link(str(other), str(target))
        return is_same

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Link what others copy from files that another website has as well."""
        copyfile = fileutil.copyfile  # type: ignore[attr-defined]

        def linked(
            source: str | os.PathLike[str], dest: str | os.PathLike[str], **how: bool
        ) -> None:
            if Path(dest).exists() or not self.share(Path(dest), like=Path(source)):
                copyfile(source, dest, **how)

        fileutil.copyfile = linked  # type: ignore[attr-defined]
        try:
            yield
        finally:
            fileutil.copyfile = copyfile  # type: ignore[attr-defined]

    def handle_page(
        self,
        pagename: str,
        addctx: dict[str, Any],
        templatename: str = "page.html",
        outfilename: str | None = None,
        event_arg: Any = None,
    ) -> None:
        """Note where a page is written, and put it in the place of one that was taken over."""
        page = Path(outfilename or self.get_outfilename(pagename))
        page.unlink(missing_ok=True)  # Sphinx would write into what is linked to
        if pagename in self.env.found_docs:
            self._link_source(pagename)
        super().handle_page(pagename, addctx, templatename, outfilename, event_arg)
        self._rendered.append(page)

    def name_slice(self, folder: Path) -> None:
        """Fill in what its marks stand for; a folder takes documents' pages as they were before."""
        named = {self.config.wavebook_mark: subject_of(self.app).slice_label}
        named |= titles_of(self.app)
        documents = {Path(self.get_outfilename(docname)) for docname in self.written.images}
        for page in {*documents, *self._rendered}:
            fill_in(
                page,
                named,
                self.config.html_output_encoding,
                folder / page.relative_to(self.outdir) if page in documents else None,
            )

    def index_page(self, pagename: str, doctree: nodes.document, title: str) -> None:
        """Let the search find a page by its title, and not by those of others, which are marks."""
        named = titles_of(self.app)
        super().index_page(pagename, without(named, doctree), filled(title, named))

    def load_indexer(self, docnames: Iterable[str]) -> None:
        """Restore what the search knows of the pages that are kept."""
        assert self.indexer is not None
        if self.last is not None:
            kept = set(self.env.all_docs) - set(docnames)
            search.restore(self.indexer, self.last / SEARCH, kept)

    def dump_search_index(self) -> None:
        """Write the index in the order in which it would be made anew, and what it knows."""
        assert self.indexer is not None
        search.in_order(self.indexer)
        super().dump_search_index()
        search.save(self.indexer, Path(self.outdir) / SEARCH)

    def _kept(self, shared: str, updated: Set[str]) -> set[str]:
        """Return the documents whose pages are as they were."""
        if self.last is None or (self.known.made_by, self.known.shared) != (self.made_by, shared):
            return set()
        return (set(self.known.images) & set(self.env.found_docs)) - updated

    def _keep(self, docname: str) -> None:
        """Take a page from the last build, with its source and its images."""
        assert self.last is not None
        page = Path(self.get_outfilename(docname))
        page.parent.mkdir(parents=True, exist_ok=True)
        # A page with a mark is read, and another takes its place.
        take = link if self.config.wavebook_mark else shutil.copyfile
        take(str(self.last / page.relative_to(self.outdir)), str(page))
        self._link_source(docname)
        self.images.update(self.known.images[docname])

    def _link_source(self, docname: str) -> None:
        """Show a document's source, a file that nobody changes."""
        if not (self.copysource and self.config.html_copy_source):
            return
        source = Path(self.env.doc2path(docname))
        suffix = self.config.html_sourcelink_suffix
        name = source.relative_to(self.srcdir).as_posix()
        name += suffix if suffix != source.suffix else ""
        target = Path(self.outdir) / "_sources" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        link(str(source), str(target))


def _loaded(static: Path) -> Iterator[Path]:
    """Yield those of a theme's static files that pages load."""
    for folder, folders, files in os.walk(static):
        folders[:] = sorted(set(folders) - NOT_LOADED)
        served = (name for name in files if name[0] != "." and not name.endswith(NOT_SERVED))
        yield from (Path(folder) / name for name in sorted(served))


def shared_by_pages(app: Sphinx) -> str:
    """Return a digest of what any page may show of all documents, once those are read."""
    known: str | None = getattr(app, "wavebook_shared", None)
    if known is None:
        notice = app.config.html_theme_options.get("announcement", "")
        shared = _plain({**_shared(app.env), "notice": notice})
        known = hashlib.sha256(repr(shared).encode()).hexdigest()
        app.wavebook_shared = known  # type: ignore[attr-defined]
    return known


def _shared(env: BuildEnvironment) -> dict[str, Any]:
    known = {name: getattr(env, name) for name in SHARED}
    known |= {f"domain {name}": data for name, data in env.domaindata.items()}
    if "citation_refs" in env.domaindata.get("cite", {}):
        # Listed in the order in which documents were read, while pages go by that of the book.
        cited = sorted(env.domaindata["cite"]["citation_refs"], key=lambda ref: str(ref.docname))
        known["domain cite"] = {**env.domaindata["cite"], "citation_refs": cited}
    known["metadata"] = {
        docname: {key: told for key, told in about.items() if key not in OF_ITS_PAGE}
        for docname, about in env.metadata.items()
    }
    return known


def read_elsewhere(env: BuildEnvironment) -> list[str]:
    """Return the files outside the source that documents were seen to depend on."""
    source = Path(env.srcdir)
    paths = {(source / name).resolve() for names in env.dependencies.values() for name in names}
    return sorted(str(path) for path in paths if not path.is_relative_to(source.resolve()))


def _plain(value: Any) -> Any:
    """Return a value as nested tuples of text that are equal for equal values."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = {key: told for key, told in value._asdict().items() if key not in PLACES}
    told: Any
    match value:
        case str() | _TranslationProxy():  # which pickling makes a string
            told = repr(str(value))
        case list() | tuple():
            told = tuple(map(_plain, value))
        case nodes.Node():
            told = value.pformat()
        case Mapping():
            told = tuple(sorted((_plain(key), _plain(one)) for key, one in value.items()))
        case Set():
            told = tuple(sorted(map(_plain, value)))
        case _ if hasattr(value, "__dict__"):  # its own text might tell where in memory it is
            told = (type(value).__qualname__, _plain(value.__dict__))
        case _:
            told = repr(value)
    return told


def setup(app: Sphinx) -> None:
    """Make these the pages of the builder ``html``."""
    app.add_builder(Pages, override=True)
