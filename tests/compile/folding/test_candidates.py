"""Lists of candidates come back from the store as they were made."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given

from tests.compile.folding import strategies
from toolkit.compile.build import Candidates
from toolkit.compile.folding.candidates import Unit


@given(strategies.units())
def test_what_is_saved_is_loaded(units: tuple[Unit, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        made = Candidates(units=units)
        made.save(Path(name))
        assert Candidates.load(Path(name)) == made
