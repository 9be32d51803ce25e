"""The live preview: a build in the browser that follows what its author saves.

A file that is saved starts a build, which does again only what has changed. Browsers then reload
the pages that differ. A build that fails leaves the pages as they were and says what is wrong.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from wavebook.errors import WavebookError, of_system
from wavebook.saved import saved

EVENTS = "/~events"
SCRIPT = Path(__file__).parent / "theme" / "preview.js"
HEARTBEAT = 15.0  # seconds; a browser that has gone is noticed when it cannot be written to


@dataclass
class Preview:
    """A build that is watched and shown.

    Attributes
    ----------
    root
        The project's folder.
    pages
        The folder of the build's website.
    build
        Makes or renews the pages. It is given two functions: one to call with another folder, if
        they are there already before all else is done, and one to call when they stand in `pages`.
    say
        Tells the author in the terminal.
    """

    root: Path
    pages: Path
    build: Callable[[Callable[[Path], None], Callable[[], None]], object]
    say: Callable[[str], None] = lambda text: None
    _stop: threading.Event = field(default_factory=threading.Event)
    _browsers: set[queue.SimpleQueue[str]] = field(default_factory=set)
    _problem: str = ""
    _early: Path | None = None
    _shown: dict[str, str] = field(default_factory=dict)  # the pages that browsers were told of

    @property
    def problem(self) -> str:
        """What stopped the last build; empty if nothing did."""
        return self._problem

    def renew(self) -> set[str]:
        """Build, tell the browsers, and return which pages differ from before."""
        self._shown = self._shown or _digests(self.pages)
        changed: set[str] = set()
        is_placed = False

        def early(pages: Path) -> None:
            if not self._problem:  # of which nobody knows yet whether it is mended
                self._early = pages
                changed.update(self._show())

        def placed() -> None:
            nonlocal is_placed
            is_placed, self._early = True, None
            mended, self._problem = bool(self._problem), ""
            changed.update(self._show(mended=mended))

        try:
            self.build(early, placed)
        except Exception as error:  # an author who mends it need not start again
            self._early = None
            self._problem = _in_words(error)
            self.say(f"{self._problem}\nThe pages stay as they were.")
            # Browsers may have been shown pages that are not going to be.
            before, self._shown = self._shown, _digests(self.pages)
            back = {path for path in before if before[path] != self._shown.get(path)}
            self._tell({"problem": self._problem, "changed": sorted(back)})
            return set()
        if not is_placed:  # a build that is what it would be is left as it stands
            placed()
        return changed

    @property
    def folder(self) -> Path:
        """Where the pages are that browsers are to see just now."""
        return self._early or self.pages

    def _show(self, *, mended: bool = False) -> set[str]:
        """Tell browsers which pages differ from those that they were told of before."""
        before, after = self._shown, _digests(self.folder)
        self._shown = after
        changed = {path for path in before | after if before.get(path) != after.get(path)}
        if changed or mended:
            self._tell({"changed": sorted(changed), "mended": mended})
        return changed

    def follow(self) -> None:
        """Build again whenever a file of the project is saved, until `stop`."""
        for names in saved(self.root, self._stop):
            pages = self.renew()
            if not self._problem:
                self.say(f"{', '.join(names)}: {_told(pages)}")

    def server(self, port: int) -> http.server.ThreadingHTTPServer:
        """Return a server of the pages, on this machine only.

        Raises
        ------
        WavebookError
            If the port is taken.
        """
        handler = partial(_Handler, preview=self)
        try:
            return _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise WavebookError(f"port {port}: {error.strerror}; try --port 0") from None

    def stop(self) -> None:
        """End `follow`, and the browsers' connections."""
        self._stop.set()
        for browser in tuple(self._browsers):
            browser.put("")

    def news(self) -> Iterator[str]:
        """Yield what a browser is to be told, as server-sent events, for as long as it listens."""
        mine: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._browsers.add(mine)
        try:
            yield _event({"problem": self._problem})
            while not self._stop.is_set():
                try:
                    told = mine.get(timeout=HEARTBEAT)
                except queue.Empty:
                    told = ": still here\n\n"
                if told:
                    yield told
        finally:
            self._browsers.discard(mine)

    def _tell(self, news: dict[str, Any]) -> None:
        for browser in tuple(self._browsers):
            browser.put(_event(news))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True  # a browser that listens does not keep the command from ending


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves pages with the script that reloads them."""

    def __init__(self, *arguments: Any, preview: Preview, **options: Any) -> None:
        self.preview = preview
        super().__init__(*arguments, directory=str(preview.folder), **options)

    def do_GET(self) -> None:  # the name that http.server calls
        """Answer with a page, another file, or news as they come."""
        try:
            self._answer()
        except (OSError, ValueError):  # of a name that no file can have
            self.send_error(HTTPStatus.NOT_FOUND)

    def _answer(self) -> None:
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost", "[::1]"):
            # Another site's name that leads here: its scripts must not read what is not published.
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == EVENTS:
            self._send_news()
        elif (page := self._page()) is not None:
            self._send_page(page)
        else:
            super().do_GET()

    def _page(self) -> Path | None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() and self.path.endswith("/") else path
        return path if path.suffix == ".html" and path.is_file() else None

    def _send_page(self, path: Path) -> None:
        script = f"<script>{SCRIPT.read_text(encoding='utf-8')}</script></body>"
        text = path.read_text(encoding="utf-8")
        body = script.join(text.rsplit("</body>", 1)).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_news(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for told in self.preview.news():
                self.wfile.write(told.encode())
                self.wfile.flush()
        except OSError:
            return  # the browser has gone

    def end_headers(self) -> None:
        """Let no browser keep what the next build may change."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is for what was built, and for errors."""


def _in_words(error: Exception) -> str:
    """Return what stopped a build; with all that Python knows of it, if it is a mistake of ours."""
    if isinstance(error, WavebookError):
        return str(error)
    told = of_system(error) if isinstance(error, OSError) else None
    return told or "".join(traceback.format_exception(error)).rstrip()


def _event(news: dict[str, Any]) -> str:
    return f"data: {json.dumps(news)}\n\n"


def _digests(pages: Path) -> dict[str, str]:
    """Return the digest of every page, by its path as a browser asks for it."""
    return {
        f"/{path.relative_to(pages).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in pages.rglob("*.html")
    }


def _told(pages: set[str]) -> str:
    return (
        f"{len(pages)} page{'s' if len(pages) != 1 else ''} renewed" if pages else "no page differs"
    )
