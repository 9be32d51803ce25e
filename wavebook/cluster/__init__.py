"""Editions and large tabulations on a Dask cluster that shares nothing with this machine.

`join` connects, `builds` sends editions to be built, `counting` sends rows to be counted; `place`
and `builder` are what happens on a worker.
"""
