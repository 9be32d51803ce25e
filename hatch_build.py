"""Bundles the chart library when the package is built or installed, so that no report has to."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleCharts(BuildHookInterface[Any]):
    """Writes ``wavebook/theme/vega-<version of the converter>.js`` and packs it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the bundle, unless it is there."""
        vega = runpy.run_path(str(Path(self.root) / "wavebook" / "vega.py"))
        bundled: Path = vega["bundled"]()
        if not bundled.is_file():
            for old in bundled.parent.glob("vega-*.js"):
                old.unlink()
            partial = bundled.with_suffix(".part")
            partial.write_text(vega["bundle"](), encoding="utf-8")
            partial.replace(bundled)
        build_data["artifacts"].append(bundled.relative_to(self.root).as_posix())
