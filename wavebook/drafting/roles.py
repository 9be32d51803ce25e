"""Columns that are no questions: ids, weights, parts, dates, what a platform adds of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from wavebook.drafting.columns import Column
from wavebook.drafting.likeness import squeezed, words
from wavebook.drafting.values import Sure
from wavebook.instrument import Part

RESPONDENT = re.compile(
    r"respondents?(id|no|number|serial)?|resp(id|no)|case(id|no|number)?|id|uid|uuid|"
    r"(response|record|interview|participant|subject|person|panel|member)(id|no|number)|"
    r"serial(no|number)?|id(no|number)|token|key"
)
ROLES = {
    "weight": re.compile(r"(final|post|calibrated)?(weights?|wt|wgt|wts|weighting)(final|\d*)|w\d"),
    "strata": re.compile(r"strat(a|um|umid|aid)"),
    "cluster": re.compile(r"clusters?(id)?|psu(id)?|primarysamplingunit"),
    "fpc": re.compile(r"fpc|finitepopulationcorrection|popsize|populationsize"),
}
DATES = re.compile(
    r"(start|end|submit|recorded|interview|completion|survey)?(date|datetime|stamp|datestamp|time)|"
    r"timestamp|datecompleted|datesubmitted|dateofinterview|completed|submitted"
)
DAY = re.compile(r"(\d{4}-\d{2})-\d{2}")
# What Qualtrics, LimeSurvey, SurveyMonkey, Google and Microsoft Forms write beside the answers.
PLATFORM = re.compile(
    r"(start|end|recorded|submit)date|startedon|completiontime|starttime|endtime|lastmodifiedtime|"
    r"status|ipaddr(ess)?|progress|duration(inseconds)?|finished|recipient(lastname|firstname|email)|"
    r"externalreference|externaldatareference|location(latitude|longitude)|distributionchannel|"
    r"userlanguage|responseid|responseset|lastpage|startlanguage|seed|datestamp|startdate|refurl|"
    r"timestamp|collectorid|collector|respondentid|datecreated|datemodified|emailaddress|email|name|"
    r"firstname|lastname|customdata\d?|interviewtime|grouptime\d+|\w+time|qrecaptchascore|"
    r"useragent|browser|device|source"
)


def respondent(columns: Sequence[Column]) -> tuple[Column, Sure, str] | None:
    """Return the column with the respondents' ids: its name says so, and every row has its own.

    Where none is without fault, the best is a guess: whoever numbers the rows instead would count
    a respondent who stands there twice as two.
    """
    named = [c for c in columns if c.filled and RESPONDENT.fullmatch(squeezed(c.name))]
    if not named:
        return None
    best = max(named, key=lambda c: (c.is_key, squeezed(c.name) == "respondent", c.distinct))
    if not best.is_key:
        return best, "guess", f"its name, but {_faults(best)}"
    sure: Sure = "certain" if squeezed(best.name) == "respondent" else "likely"
    return best, sure, "its name, and every row has its own"


def _faults(ids: Column) -> str:
    """Return why ids are no key."""
    again, without = ids.filled - ids.distinct, ids.rows - ids.filled
    told = (
        f"{again:,} {'row repeats' if again == 1 else 'rows repeat'} an id" if again else "",
        f"{without:,} {'row has' if without == 1 else 'rows have'} none" if without else "",
    )
    return " and ".join(text for text in told if text)


def design(columns: Sequence[Column]) -> Iterator[tuple[str, Column, Sure, str]]:
    """Yield the columns of the sample's design, as (what it is, column, …)."""
    for role, pattern in ROLES.items():
        found = [c for c in columns if pattern.fullmatch(squeezed(c.name)) and c.filled == c.rows]
        if role in ("weight", "fpc"):
            found = [c for c in found if c.is_numbers]
        if len(found) == 1:
            sure: Sure = "certain" if squeezed(found[0].name) == role else "likely"
            yield role, found[0], sure, "its name"
        elif found:
            yield (
                role,
                found[0],
                "guess",
                f"its name; so have {', '.join(c.name for c in found[1:])}",
            )


def of_platform(column: Column) -> bool:
    """Whether a column is one that platforms add to the answers."""
    return bool(PLATFORM.fullmatch(squeezed(column.name)))


def dates(columns: Sequence[Column]) -> tuple[str, str, str] | None:
    """Return the first and last month of the interviews, and the columns that tell them."""
    months: list[str] = []
    names: list[str] = []
    for column in columns:
        if DATES.fullmatch(squeezed(column.name)):
            days = [match[1] for value in column.ends if (match := DAY.match(value))]
            if len(days) == len(column.ends) == 2:
                months += days
                names.append(column.name)
    return (min(months), max(months), ", ".join(names)) if months else None


def part_column(
    columns: Sequence[Column], parts: Mapping[str, Part]
) -> tuple[Column, dict[str, list[str]]] | None:
    """Return the column that tells which part a row belongs to, and the values of each part."""
    if len(parts) < 2:
        return None
    told = {
        words(name): code
        for code, part in parts.items()
        for name in (code, part.label, part.short)
        if name
    }
    for column in columns:
        values: dict[str, list[str]] = {}
        for value, text in column.values.items():
            part = told.get(words(text)) or told.get(words(value))
            if part and value in column.counts:
                values.setdefault(part, []).append(value)
        if len(values) > 1:
            return column, values
    return None
