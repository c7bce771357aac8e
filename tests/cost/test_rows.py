from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from toolkit.core.errors import ArtifactError
from toolkit.cost.rows import MLPERF, load_rows, mlperf


def conv(size: int, inputs: int, outputs: int) -> tuple[int, int]:
    """Output size and MACs of a 3x3 convolution without padding."""
    size -= 2
    return size, size * size * 9 * inputs * outputs


def cnv_macs() -> list[int]:
    """CNV of FINN on CIFAR-10, from its published description."""
    size, channels, macs = 32, 3, []
    for outputs, pool in ((64, False), (64, True), (128, False), (128, True), (256, False), (256, False)):
        size, layer = conv(size, channels, outputs)
        macs.append(layer)
        size, channels = size // 2 if pool else size, outputs
    assert size == 1
    return [*macs, 256 * 512, 512 * 512, 512 * 10]


def linear_macs(*features: int) -> list[int]:
    return [inputs * outputs for inputs, outputs in pairwise(features)]


def test_operation_counts_follow_from_the_published_networks() -> None:
    macs = {name: [layer.macs for layer in net.products] for name, net in mlperf().networks.items()}
    assert macs["cnv-w1a1"] == cnv_macs()
    assert macs["kws-w3a3"] == linear_macs(490, 256, 256, 256, 12)
    assert macs["ad08"] == linear_macs(64, 72, 72, 8, 72, 72, 64)
    assert sum(macs["kws-w3a3"]) == 259_584  # the published number of weights


def test_the_incremental_range_agrees_with_power_above_idle() -> None:
    for row in mlperf().rows:
        above = 1e6 * (row.active_w - row.idle_w) / row.frames_per_s
        low, high = row.incremental_uj.low, row.incremental_uj.high
        assert 0.97 * low <= above <= 1.04 * high, row.label  # idle power is given to 0.01 W


def test_saved_rows_are_read_back(tmp_path: Path) -> None:
    mlperf().save(tmp_path / "rows.json")
    assert load_rows(tmp_path / "rows.json") == mlperf()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("active_w = 1.583", "active_w = -1.583", r"rows\.0\.active_w.*greater than 0"),
        ("active_w = 1.583", "active_w = 1.50", "active power must be above idle power"),
        ("board_uj = 30.006", "board_uj = 33.0", "board_uj must be active_w / frames_per_s"),
        ("low = 0.7, high = 1.2", "low = 1.3, high = 1.2", r"rows\.0\.incremental_uj.*low <= high"),
        ('network = "ad08"', 'network = "ad09"', "rows of unknown networks: ad09"),
        ('source = "results/pynq-z2/ad/AD08/power"', "", r"rows\.0\.source.*a value; found nothing"),
        ("weight_bits = 3", "weight_bits = 0", r"networks\.kws-w3a3\.products\.0\.weight_bits"),
        ("schema = 1", "schema = 2", "schema"),
    ],
)
def test_damaged_rows_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = MLPERF.read_text()
    assert old in text
    (tmp_path / "rows.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ArtifactError, match=rf"rows\.toml: .*{message}"):
        load_rows(tmp_path / "rows.toml")


def test_no_rows_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "rows.toml").write_text(MLPERF.read_text().split("[[rows]]")[0] + "\n")
    with pytest.raises(ArtifactError, match="rows"):
        load_rows(tmp_path / "rows.toml")
    with pytest.raises(ArtifactError, match="is missing"):
        load_rows(tmp_path / "none.toml")
