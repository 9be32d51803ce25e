"""The functions of scipy that intervals and checks rest on, without what comes with the others.

`scipy.special` offers its functions for the arrays of other libraries as well. What it imports for
that takes ten times as long as the functions do, and every kernel of a build would wait for it. So
they are taken from inside the package before the package is run. Whoever imports it later finds it
as ever, with these very functions.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

PACKAGE = "scipy.special"


def _functions() -> Any:
    """Return the module that holds the functions."""
    spec = find_spec(PACKAGE)
    if PACKAGE in sys.modules or spec is None:
        return importlib.import_module(PACKAGE)
    sys.modules[PACKAGE] = module_from_spec(spec)  # which knows where its parts lie, and no more
    try:
        return importlib.import_module(f"{PACKAGE}._ufuncs")
    except ImportError:
        pass  # a scipy that has them elsewhere
    finally:
        del sys.modules[PACKAGE]
    return importlib.import_module(PACKAGE)


_special = _functions()
betaincinv, expit, logit = _special.betaincinv, _special.expit, _special.logit
pdtrc, stdtr, stdtrit = _special.pdtrc, _special.stdtr, _special.stdtrit
