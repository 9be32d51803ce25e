"""What has been run before is not run again, unless something that it read has changed.

A notebook's result is kept with the list of what the notebook read while it ran (`tracing`), each
thing with a digest: columns of the data and not the file, questions of the instrument and not the
instrument, modules of the engine, files, versions. Next time the result is taken from the cache
if all of them are still the same (`inventory`). The compiler cache ccache works so in its depend
mode. No time of any file is asked, but to find an old result to throw away.

Others were tried for this. jupyter-cache keys a notebook by its cells alone, by its own decision
(its issue 7), and holds its index in SQLite, which a folder shared between machines must not
(diskcache documents the same of itself, its issue 13). joblib.Memory keys a function by its
arguments: what a function reads besides is unknown to it, and so it is to doit, which must be told
the files before the run. What is left once the key is known is a folder of files that are written
once and never changed (`store`): no index, no lock, nothing to repair.
"""
