"""A options that cannot be served is refused as soon as that is known, not where it would fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.test_cifar10 import write_subset
from toolkit.core.errors import BadOption
from toolkit.flow import Options, RunDirectory, execute
from toolkit.flow.reporters import make_reporter
from toolkit.flow.steps import data


def test_more_frames_than_test_images(tmp_path: Path) -> None:
    for _ in ("first run", "up to date"):
        with (
            pytest.raises(BadOption, match="--frames; expected at most 360, the test images; found 361"),
            RunDirectory.open(tmp_path / "run") as run,
        ):
            execute(run, (data.STEP,), Options.of(frames=361), make_reporter(quiet=True))
        assert (tmp_path / "run" / "data" / "manifest.json").is_file()


def test_data_that_do_not_fit_the_network(tmp_path: Path) -> None:
    write_subset(tmp_path, 12, 8, 1)
    options = Options.of(dataset="cifar10-subset", data_dir=tmp_path)
    with (
        pytest.raises(BadOption, match=r"b_lenet_se on cifar10-subset; expected images .*\(1, 28, 28\)"),
        RunDirectory.open(tmp_path / "run") as run,
    ):
        execute(run, (data.STEP,), options, make_reporter(quiet=True))
    assert (tmp_path / "run" / "data" / "manifest.json").is_file()
