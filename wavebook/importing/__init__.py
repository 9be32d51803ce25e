"""Exports of survey platforms, brought to one form and into the instrument's language."""

from wavebook.importing.export import Export
from wavebook.importing.readers import read_export

__all__ = ["Export", "read_export"]
