"""Read in a process apart: a damaged file can end a library in C or Rust, and not us with it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from wavebook.errors import WavebookError

PATIENCE = 900  # seconds; the biggest workbook there can be takes one or two minutes


def read_apart(reader: str, name: str, *arguments: str) -> tuple[Any, ...]:
    """Return what a reader of `native` says of a file.

    Raises
    ------
    WavebookError
        If the reader did not survive the file.
    """
    script = Path(__file__).with_name("native.py")
    try:
        # -P: this folder's modules must not stand in for others of their names.
        done = subprocess.run(
            [sys.executable, "-P", str(script), reader, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        if done.returncode == 0:
            answer: tuple[Any, ...] = pickle.loads(done.stdout)
            return answer
    except subprocess.TimeoutExpired:
        raise WavebookError(f"{name}: not read in {PATIENCE // 60} minutes: given up") from None
    except ValueError:  # a NUL in an argument
        pass
    raise WavebookError(f"{name}: damaged: its reader broke off")
