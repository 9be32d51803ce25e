"""The process that sets books.

    python -m wavebook.pressroom PROJECT LAST [--whole] [--later]

LAST is the desk of the last book, which may be there or not. Reads a `wavebook.press.Setting` a
line, as JSON, and answers each with a line: what was written, or what is wrong. ``--whole`` imports
every library that Sphinx's extensions name. ``--later`` leaves the last book alone until Sphinx is
imported.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

WHOLE, LATER = "--whole", "--later"


def main() -> None:
    """Fork what sets PDFs, which lays out the last one meanwhile, then import all else."""
    gc.disable()  # modules and documents are made of cycles that live to the end anyway
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    project, last = map(Path, sys.argv[1:3])

    from wavebook.forks import CAN_FORK  # noqa: PLC0415  # whoever starts this needs none of it
    from wavebook.pdf.printer import Printer  # noqa: PLC0415

    printer = Printer.of(last) if CAN_FORK else None
    if printer and LATER not in sys.argv:
        printer.prepare()

    from wavebook.presswork import work  # noqa: PLC0415

    work(project, last, printer, answers, is_whole=WHOLE in sys.argv, is_late=LATER in sys.argv)


if __name__ == "__main__":
    main()
