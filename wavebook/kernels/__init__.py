"""Warm kernels for notebooks; `wavebook.kernels.warm` is the door.

This file imports nothing: the process that kernels are forked from loads this package too.
"""
