"""Load ipykernel without a debugger: nobody steps through a notebook that a build runs.

For the `preload` of warm kernels: importing this module is all it is for. ipykernel makes do where
there is no debugpy, and a notebook that imports it finds it all the same.
"""

from wavebook.missing import missing

with missing("debugpy"):
    import ipykernel.debugger  # noqa: F401
