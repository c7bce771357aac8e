from __future__ import annotations

from pathlib import Path

from toolkit.compose import Sizing


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    sizing = Sizing(depths=(2, 8), interval=44, deep_interval=43, smallest_interval=60, latency=95, trials=9)
    sizing.save(tmp_path)
    assert Sizing.load(tmp_path) == sizing
