"""What changed between two waves, as sentences.

Only a clear change is called one. Whatever else was compared is said to show none, and what was not
compared is named with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wavebook import wording
from wavebook.comparison import Changes
from wavebook.differences import PLACES, Change
from wavebook.wording import quoted

NAMED = 3  # so many without a change are named; more are counted
SHARE, RANK = "share", "mean_rank"


def sentence(changes: Changes, what: str = "", *, alone: bool = True) -> str:
    """Return what changed, in one paragraph.

    Parameters
    ----------
    changes
        Shares, mean ranks and places; narrowed to those the paragraph is about.
    what
        What the shares measure, in the singular, such as ``familiarity``; otherwise their answer's
        label, where they have one in common.
    alone
        Whether nothing else on the page says what only the earlier wave asked, and that its values
        are reconstructed.

    Returns
    -------
    str
        Sentences with the values, the change, its interval; empty if `changes` is.
    """
    if not changes.values:
        return ""
    if not changes.has_comparison:
        return no_comparison(changes)
    aside = " (reconstructed)" if not alone and changes.then.status == "reconstruction" else ""
    said = [_tested(changes, measure, what, aside) for measure in (SHARE, RANK)]
    if not any(said):
        said.append(_places(changes))
    if not any(said):
        return ""
    said.append(_not_compared(changes))
    if alone:
        said += [_ended(changes), reconstruction_note(changes)]
    return " ".join(text for text in said if text)


def reconstruction_note(changes: Changes) -> str:
    """Return that a wave's values are reconstructed, where one's are and something is compared."""
    if not changes.reconstructed or not changes.has_comparison:
        return ""
    names = wording.join(changes.reconstructed)
    return f"The values for {names} are a reconstruction of what was published."


def _tested(changes: Changes, measure: str, what: str, aside: str) -> str:
    """Return the sentences on the shares, or on the mean ranks; `aside` follows the wave's name."""
    compared = [c for c in changes.compared if c.cell.measure == measure]
    if not compared:
        return ""
    since = f"Compared with {changes.then_name}{aside},"
    subject = what or _subject(compared)
    if len(changes.values) == 1 and not what and measure == SHARE:
        subject += f" for {_name(changes, compared[0])}"
    clear = [c for c in compared if c.is_clear]
    rest = [c for c in compared if not c.is_clear]
    if not clear and len(compared) == 1:
        return f"{since} {_unchanged(changes, compared[0], subject)}"
    if not clear:
        who = f"{subject} shows" if measure == SHARE else "mean ranks show"
        return f"{since} {who} no clear change for {_any_of(changes, compared)}."
    better, worse = ("up", "down") if measure == SHARE else ("down", "up")
    ways = [[c for c in clear if c.verdict == verdict] for verdict in (better, worse)]
    told = [
        _moved(changes, moved, "it" if at and ways[0] else subject, first=not (at and ways[0]))
        for at, moved in enumerate(ways)
        if moved
    ]
    first = f"{since} {'; '.join(told)}."
    return first if not rest else f"{first} {_unclear(changes, rest)}"


def _moved(changes: Changes, moved: Sequence[Change], subject: str, *, first: bool) -> str:
    """Return what went one way: ``the share rose for ‘X’ by 8 percentage points, from …``.

    What the numbers are is said with the `first` of a sentence.
    """
    one = moved[0]
    parts = []
    for at, change in enumerate(moved):
        numbers = _numbers(change, in_full=first and at == 0)
        if one.cell.measure == RANK:
            parts.append(f"{_name(changes, change)} is {change.said}, {numbers}")
        else:
            parts.append(
                numbers if len(changes.values) == 1 else f"for {_name(changes, change)} {numbers}"
            )
    if one.cell.measure == RANK:
        return wording.join(parts)
    return f"{subject} {'rose' if one.verdict == 'up' else 'fell'} {wording.join(parts)}"


def _numbers(change: Change, *, in_full: bool) -> str:
    """Return by how much something changed, from what to what, and how surely."""
    interval = f"({_interval_name(change) if in_full else ''}{change.interval})"
    then = change.then.text if change.then else ""
    values = f"{then} to {change.now.text} {interval}"
    if change.cell.measure == RANK:
        return f"from {'a mean rank of ' if in_full else ''}{values}"
    sizes = sorted(abs(bound) for bound in (change.least or 0.0, change.most or 0.0))
    told = list(dict.fromkeys(wording.points(size).lstrip("+") for size in sizes))
    unit = (" percentage point" if told == ["1"] else " percentage points") if in_full else ""
    return f"by {' to '.join(told)}{unit}, from {values}"


def _interval_name(change: Change) -> str:
    return f"{change.now.interval_name} of the change "


def _unchanged(changes: Changes, change: Change, subject: str) -> str:
    then = change.then.text if change.then else ""
    unit = " percentage points" if change.cell.measure == SHARE else ""
    who = subject if change.cell.measure == SHARE else f"the mean rank of {_name(changes, change)}"
    return (
        f"{who} shows no clear change: {then} then, {change.now.text} now "
        f"({_interval_name(change)}{change.interval}{unit})."
    )


def _any_of(changes: Changes, unchanged: Sequence[Change]) -> str:
    if len(unchanged) > NAMED:
        return f"any of the {wording.number(len(unchanged))}"
    return wording.join([_name(changes, change) for change in unchanged], "or")


def _unclear(changes: Changes, rest: Sequence[Change]) -> str:
    """Return that the others show no clear change."""
    if len(rest) > NAMED:
        return f"The other {wording.number(len(rest))} show no clear change."
    names = wording.join([_name(changes, change) for change in rest], "or")
    return f"There is no clear change for {names}."


def _places(changes: Changes) -> str:
    """Return how places compare: an order without intervals has no clear changes."""
    compared = [c for c in changes if c.cell.measure == PLACES and c.then]
    if not compared:
        return ""
    same = sum(change.change == 0 for change in compared)
    if len(compared) <= NAMED:
        told = wording.join([_place(changes, change) for change in compared])
    else:
        told = f"{_capital(wording.number(same))} of the {wording.number(len(compared))} places"
        told += f" {'is' if same == 1 else 'are'} as in {changes.then_name}"
    if same == len(compared):
        return f"{told}."
    return f"{told}. Places alone do not tell whether any has moved by more than chance."


def _place(changes: Changes, change: Change) -> str:
    """Return where one item stands: ``‘X’ stands 1st (3rd in 2010)``."""
    now, then = (wording.place(e.text) if e else "" for e in (change.now, change.then))
    was = f"as in {changes.then_name}" if change.change == 0 else f"{then} in {changes.then_name}"
    return f"{_name(changes, change)} stands {now} ({was})"


def no_comparison(changes: Changes) -> str:
    """Return that nothing of several values can be compared, and why."""
    reasons = {change.reason for change in changes.not_comparable}
    why = reasons.pop() if len(reasons) == 1 else _by_reason(changes)
    return f"No comparison with {changes.then_name} is possible: {why}."


def _not_compared(changes: Changes) -> str:
    return f"Not compared: {_by_reason(changes)}." if changes.not_comparable else ""


def _by_reason(changes: Changes) -> str:
    """Return the names of what cannot be compared, those with one reason together."""
    named: dict[str, list[str]] = {}
    for change in changes.not_comparable:
        named.setdefault(change.reason, []).append(_name(changes, change))
    return grouped(named)


def grouped(named: Mapping[str, Sequence[str]]) -> str:
    """Return names by the reason that they share: ``‘X’ and ‘Y’ (not asked in 2010)``."""
    return "; ".join(f"{_named(names)} ({reason})" for reason, names in named.items())


def _named(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return wording.join(unique) if len(unique) <= NAMED else f"{wording.number(len(names))} values"


def _ended(changes: Changes) -> str:
    names = list(dict.fromkeys(quoted(ended.then.label) for ended in changes.ended))
    return f"Asked about in {changes.then_name} only: {wording.join(names)}." if names else ""


def _subject(compared: Sequence[Change]) -> str:
    answers = {change.now.option_label for change in compared}
    (answer,) = answers if len(answers) == 1 else ("",)
    return f"the share of {quoted(answer)}" if answer else "the share"


def _name(changes: Changes, change: Change) -> str:
    return quoted(changes.names[change.cell])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
