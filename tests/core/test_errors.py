"""No message may name as found what it expected; every test of the project watches for it."""

from __future__ import annotations

import pytest

from tests.conftest import contradicts_itself
from toolkit.core.errors import OfframpError


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (None, "x"),
        ("one of a, b", "c"),
        ("above 0", "0"),
        ("0 to 255", "256"),
        ("magic 00 00 08 01", "00 00 08 03"),
        ("1,201 to 83,640", "1"),
        ("serial:PORT", "serial"),
        ("at least 2 (it was 1)", "1"),
    ],
)
def test_messages_that_say_something(expected: object, found: object) -> None:
    assert not contradicts_itself(expected, found)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (5, "5"),
        ("a  PNG\nfile", "A png file"),
        ("magic 00 00 08 03: images of bytes", "00 00 08 03"),
        ("one of a, b", "b"),
        ("0 to 255", 0),
    ],
)
def test_messages_that_contradict_themselves(expected: object, found: object) -> None:
    assert contradicts_itself(expected, found)


def test_every_error_is_watched(watched_errors: list[str]) -> None:
    OfframpError("size", expected="3 bytes", found="3")
    OfframpError("size", expected="3 bytes", found="4")
    assert watched_errors == ["size; expected 3 bytes; found 3"]
    watched_errors.clear()
