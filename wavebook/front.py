"""The pages beside the editions: one that leads to the newest, the list of all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FRONT_FILES = ("index.html", "editions.html", "editions.js")


def write_front(site: Path, editions: Sequence[Mapping[str, Any]]) -> None:
    """Write the page that leads to the newest edition, the list of all, and the same as a script.

    The script is what an edition's pages load to say that a newer one exists: they are opened from
    disk as well, where a page may not fetch data.

    Parameters
    ----------
    editions
        Their manifests, the newest first.
    """
    listed = [{key: one[key] for key in ("edition", "wave", "date")} for one in editions]
    _write_text(site / "editions.js", f"window.wavebookEditions = {json.dumps(listed)};\n")
    newest = f"{listed[0]['edition']}/html/index.html"
    items = "\n".join(
        f'<li><a href="{e["edition"]}/html/index.html">Edition {e["edition"]}</a>, {e["date"]} '
        f'(<a href="{e["edition"]}/report.pdf">PDF</a>)</li>'
        for e in listed
    )
    refresh = f'<meta http-equiv="refresh" content="0; url={newest}">\n'
    _write_text(site / "index.html", FRONT.format(refresh=refresh, newest=newest, items=items))
    _write_text(site / "editions.html", FRONT.format(refresh="", newest=newest, items=items))


def _write_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


FRONT = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>Editions</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto }}
</style>
</head>
<body>
<main>
<h1>Editions</h1>
<p><a href="{newest}">Go to the newest edition</a></p>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""
