"""Typed values as text: whole numbers without decimals, dates in ISO form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

INVISIBLE = "\ufeff\u200b\u2060"  # a byte order mark and spaces of no width: part of no answer
EXACT = 2**53  # up to here every whole number is one that a float can hold


def plain_text(text: str) -> str:
    """Return text without spaces around it, its accents as one letter with what they stand on."""
    text = text.strip()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.strip(INVISIBLE).strip())


def number_text(number: float) -> str:
    """Return a number without needless decimals: 1.0 as 1."""
    if abs(number) <= EXACT and number == int(number):
        return str(int(number))
    return repr(float(number))


def moment_text(moment: datetime) -> str:
    """Return a date and time in ISO form; a date alone at midnight."""
    if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0):
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds" if not moment.microsecond else "milliseconds")


def duration_text(seconds: float) -> str:
    """Return a length of time as hours, minutes and seconds."""
    whole = abs(round(seconds))
    sign = "-" if seconds < 0 and whole else ""
    return f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


# By the exact type: a bool is an int to Python, and a datetime a date.
WRITTEN: Mapping[type, Callable[[Any], str]] = {
    str: plain_text,
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    float: number_text,
    Decimal: lambda value: f"{value.normalize():f}",
    datetime: moment_text,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: duration_text(value.total_seconds()),
}
