"""A user's own data are read once by all steps of a run, and again when they have changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.test_imagefolder import GREY, write
from toolkit.data import imagefolder
from toolkit.flow import Options
from toolkit.flow.data import load_data


def test_pictures_are_read_once_until_a_file_or_an_option_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    reader = imagefolder.read_picture

    def counted(path: Path, form: imagefolder.PictureForm) -> np.ndarray:
        read.append(path)
        return reader(path, form)

    monkeypatch.setattr(imagefolder, "read_picture", counted)
    write(tmp_path / "own", shape=GREY)
    options = Options.of(dataset="imagefolder", data_path=tmp_path / "own").data
    first = load_data(options)
    assert load_data(options) is first
    assert len(read) == 40
    other = Options.of(dataset="imagefolder", data_path=tmp_path / "own", seed=1).data
    assert load_data(other).digest != first.digest
    changed = tmp_path / "own" / "cat" / "000.png"
    changed.write_bytes((tmp_path / "own" / "cat" / "001.png").read_bytes())
    assert load_data(other).digest != first.digest
    assert len(read) == 120
