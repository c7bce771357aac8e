"""The chip's argmax on golden logits: the lowest class of the greatest, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit import rtl
from toolkit.core.errors import NothingCompared, VerificationMismatch
from toolkit.core.stream import Stream
from toolkit.verify.structure.argmax import require_argmax

pytestmark = pytest.mark.sim
STREAMS = [Stream("out0_V", 6, True, 1, 5), Stream("out0_V", 9, True, 5, 1)]


def golden() -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    ends = np.array([[-32] * 5, [31] * 5, [-32, 31, 31, 0, -1]])
    return [np.concatenate([ends * scale, rng.integers(-32, 32, (60, 5)) * scale]) for scale in (1, 8)]


def test_equal_on_every_frame_and_every_tie() -> None:
    assert require_argmax(golden(), STREAMS) == 2 * 2 * 63
    with pytest.raises(NothingCompared):
        require_argmax([logits[:0] for logits in golden()], STREAMS)


@pytest.mark.parametrize(
    ("find", "put"),
    [("differs ? !s_bit : greater", "differs ? s_bit : greater"), ("? !s_bit : greater", "? !s_bit : 1'b1")],
    ids=["sign", "last among equals"],
)
def test_a_wrong_class_is_named(tmp_path: Path, find: str, put: str) -> None:
    text = rtl.block("argmax").read_text()
    assert text.count(find) == 1
    broken = tmp_path / "offramp_argmax.sv"
    broken.write_text(text.replace(find, put))
    with pytest.raises(VerificationMismatch, match=r"class of the chip's argmax at exit 0 .* in frame"):
        require_argmax(golden(), STREAMS, source=broken)
