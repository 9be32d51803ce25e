"""What is wrong in a file of keys and values is told in a reader's words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from wavebook.validation import validation_problems
from wavebook.wavefile import WaveFile

WAVE: dict[str, Any] = {
    "id": "2030",
    "title": "T",
    "year": 2030,
    "fieldwork": {"start": "2030-03", "end": "2030-04"},
    "parts": {"post": {"file": "post.csv"}},
}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"id": 2030}, "id: found 2030; expected text, so put quotation marks around it"),
        ({"year": "soon"}, "year: found 'soon'; expected a whole number"),
        ({"parts": ["post"]}, "parts: found a list; expected keys and values"),
        ({"parts": None}, "parts: found nothing; expected keys and values"),
        (
            {"status": "real"},
            "status: found 'real'; expected 'reconstruction', 'measured' or 'simulated'",
        ),
        ({"titel": "T"}, "titel: no such key is known here; did you mean 'title'?"),
        (
            {"parts": {"post": {"file": "post.csv", "wieght": "w"}}},
            "parts.post.wieght: no such key is known here; did you mean 'weight'?",
        ),
        (
            {"fieldwork": {"start": "2030-03", "end": "2030-04", "titel": "T"}},
            "fieldwork.titel: no such key is known here",  # what is known elsewhere is not meant
        ),
        ({"fieldwork": {"start": "2030-03"}}, "fieldwork.end: expected, and not there"),
    ],
)
def test_what_is_wrong_in_wave_yml_is_told_in_words(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        WaveFile.model_validate({**WAVE, **told})
    assert [str(one) for one in validation_problems(raised.value, "wave.yml", WaveFile)] == [
        f"wave.yml, {said}"
    ]
