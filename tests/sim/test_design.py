"""Descriptions of designs refuse what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.core.errors import BadOption
from toolkit.core.stream import Stream
from toolkit.sim import RtlDesign, build


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("in__V", 4, True, 1, 1), "without '__'"),
        (("0in", 4, True, 1, 1), "Verilog name"),
        (("in_V", 0, True, 1, 1), "element_bits of stream in_V; expected 1 to 64; found 0"),
        (("in_V", 65, True, 1, 1), "found 65"),
        (("in_V", 64, False, 1, 1), "expected 1 to 63; found 64"),
        (("in_V", 4, True, 0, 1), "lanes of stream in_V"),
        (("in_V", 4, True, 1, 0), "beats of stream in_V"),
        (("in_V", 4, True, 2, 3, (5,)), r"3 beats x 2 lanes = 6 elements; found \(5,\)"),
    ],
)
def test_impossible_streams(arguments: tuple, message: str) -> None:
    with pytest.raises(BadOption, match=message):
        Stream(*arguments)


def test_widths_and_ranges() -> None:
    stream = Stream("s", 5, True, 3, 1)
    assert (stream.width, stream.tdata_bits, stream.beat_bytes) == (15, 16, 2)
    assert (stream.low, stream.high) == (-16, 15)
    stream = Stream("s", 63, False, 1, 1)
    assert (stream.low, stream.high) == (0, 2**63 - 1)


def test_impossible_designs(tmp_path: Path) -> None:
    source = tmp_path / "top.sv"
    source.write_text("module top; endmodule\n")
    a, b = Stream("a", 8, False, 1, 1), Stream("b", 8, False, 1, 1)
    RtlDesign("top", (source,), (a,), (b,), include_dirs=(tmp_path,), data_dir=tmp_path)
    with pytest.raises(BadOption, match="at least one input and one output"):
        build(RtlDesign("top", (source,), (a,), ()))
    with pytest.raises(BadOption, match=r"different names; found \['a', 'a'\]"):
        RtlDesign("top", (source,), (a,), (a,))
    with pytest.raises(BadOption, match=r"existing files; found .*gone.sv"):
        RtlDesign("top", (source, tmp_path / "gone.sv"), (a,), (b,))
    with pytest.raises(BadOption, match=r"existing folder; found .*gone"):
        RtlDesign("top", (source,), (a,), (b,), data_dir=tmp_path / "gone")
