"""The PYNQ device on the stand-in: order of calls, recovery, buffers, power, and what it refuses."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.links.axi_dma import fake_pynq
from tests.links.axi_dma.fake_pynq import Board
from tests.runtime import toy
from toolkit.core.errors import ArtifactError, ToolMissing, UnknownName, UnsupportedVersion
from toolkit.core.stream import Stream
from toolkit.links.axi_dma.device import PynqDevice
from toolkit.links.axi_dma.overlay import OverlayDescription
from toolkit.runtime import DeviceError, DeviceTimeout

BATCH = toy.images(100).transpose(0, 2, 3, 1).reshape(100, -1)
LIMIT_S = 5.0


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Board:
    return fake_pynq.install(monkeypatch, tmp_path)[0]


@pytest.fixture
def bitfile(board: Board, tmp_path: Path) -> Path:
    return tmp_path / "toy.bit"


def test_receives_before_it_sends_and_waits_for_all(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        device.run(0, BATCH[:1], LIMIT_S)
    assert board.calls == [
        "dma0.recv.transfer",
        "dma0_map.recv.transfer",
        "dma0.send.transfer",
        "dma0.recv.wait",
        "dma0_map.recv.wait",
        "dma0.send.wait",
    ]


def test_a_batch_beyond_the_length_register_goes_in_chunks(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        reply = device.run(0, BATCH, LIMIT_S)
    assert np.array_equal(reply.logits, toy.compute(0, BATCH)[0])
    frames_of_a_chunk = (fake_pynq.LIMIT - 1) // 8
    assert board.calls.count("dma0.send.transfer") == -(-100 // frames_of_a_chunk)
    assert board.calls.count("dma0.recv.transfer") == 100, "a transfer per frame: TLAST ends each"


def test_buffers_are_kept_and_freed(board: Board, bitfile: Path) -> None:
    device = PynqDevice(bitfile)
    for count in (4, 2, 4):
        device.run(0, BATCH[:count], LIMIT_S)
    assert len(board.buffers) == 3
    device.run(0, BATCH[:9], LIMIT_S)
    assert [buffer.freed for buffer in board.buffers] == [True] * 3 + [False] * 3
    device.close()
    device.close()
    assert all(buffer.freed for buffer in board.buffers)


def test_a_timeout_reloads_the_overlay_once(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        board.fault = lambda stage, values: "hang"
        with pytest.raises(DeviceTimeout, match=r"overlay toy.bit, stage 0, 9 frames.*0 frames answered"):
            device.run(0, BATCH[:9], 0.01)
        board.fault = lambda stage, values: None
        assert board.downloads == 0, "only when it is needed again"
        for _ in range(2):
            assert np.array_equal(device.run(0, BATCH[:9], LIMIT_S).logits, toy.compute(0, BATCH[:9])[0])
        assert board.downloads == 1


def test_a_reload_waits_for_the_other_stage(board: Board, bitfile: Path) -> None:
    ended = []

    def hangs_longer() -> None:
        with pytest.raises(DeviceTimeout):
            device.run(1, BATCH[:3] >> 4, 0.3)
        ended.append(board.downloads)

    with PynqDevice(bitfile) as device:
        board.fault = lambda stage, values: "hang"
        other = threading.Thread(target=hangs_longer)
        other.start()
        with pytest.raises(DeviceTimeout):
            device.run(0, BATCH[:3], 0.01)
        board.fault = lambda stage, values: None
        assert np.array_equal(device.run(0, BATCH[:3], LIMIT_S).logits, toy.compute(0, BATCH[:3])[0])
        other.join()
        assert ended == [0], "the overlay was loaded under the other stage"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("short", r"frame 0 of the batch gave 1 bytes of 5 on out0_V"),
        ("long", "RuntimeError: DMA channel not started"),
    ],
)
def test_an_answer_of_another_length(board: Board, bitfile: Path, kind: str, words: str) -> None:
    board.fault = lambda stage, values: kind
    with PynqDevice(bitfile) as device, pytest.raises(DeviceError, match=words):
        device.run(0, BATCH[:3], LIMIT_S)


def test_a_frame_too_many_is_found_before_the_next_batch(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        board.fault = lambda stage, values: "surplus"
        device.run(1, BATCH[:1] >> 4, LIMIT_S)
        board.fault = lambda stage, values: None
        with pytest.raises(DeviceError, match="a frame too many after the batch before"):
            device.run(1, BATCH[1:3] >> 4, LIMIT_S)
        reply = device.run(1, BATCH[1:3] >> 4, LIMIT_S)
        assert np.array_equal(reply.logits, toy.compute(1, BATCH[1:3] >> 4)[0])


def test_closing_a_hung_board_frees_its_buffers_only_after_a_reload(board: Board, bitfile: Path) -> None:
    device = PynqDevice(bitfile)
    board.fault = lambda stage, values: "hang"
    with pytest.raises(DeviceTimeout):
        device.run(0, BATCH[:3], 0.01)
    device.close()
    assert board.downloads == 1
    assert all(buffer.freed for buffer in board.buffers)


def test_a_board_that_cannot_be_recovered_says_so(board: Board, bitfile: Path) -> None:
    device = PynqDevice(bitfile)
    board.fault = lambda stage, values: "hang"
    with pytest.raises(DeviceTimeout):
        device.run(0, BATCH[:3], 0.01)
    board.broken_download = True
    with pytest.raises(DeviceError, match=r"loading the overlay anew failed: OSError.*Power the board off"):
        device.run(1, BATCH[:3] >> 4, LIMIT_S)
    with pytest.raises(DeviceError, match="Power the board off"):
        device.close()


def test_power_is_the_sum_of_the_rails(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        assert device.run(0, BATCH, LIMIT_S).watts is None
    with PynqDevice(bitfile, rails=["INT", "3V3"]) as device:
        assert device.run(0, BATCH, LIMIT_S).watts == 1.75
    for name in ("VCC", "BARE"):
        with pytest.raises(UnknownName, match=f"unknown power rail '{name}'; expected one of 3V3, INT"):
            PynqDevice(bitfile, rails=[name])


def test_power_of_a_board_that_measures_none(board: Board, bitfile: Path) -> None:
    board.rails = {}
    with pytest.raises(UnknownName, match="power rail 'INT'; found a board that measures no power"):
        PynqDevice(bitfile, rails=["INT"])


@pytest.mark.parametrize(
    ("address", "value", "error", "words"),
    [
        (
            0x00,
            0,
            ArtifactError,
            "design on the chip .*expected 4f465250 in its first register; found 00000000",
        ),
        (0x04, 2, UnsupportedVersion, "registers of .*expected version 1; found 2"),
        (0x20, 0xDDDDDDDE, ArtifactError, "expected d{64}; found d{7}e.*from one build"),
        (0x3C, 0, ArtifactError, "design on the chip"),
        (0x08, 3, ArtifactError, "stages of .*expected 2 as described; found 3"),
        (0x104, 9, ArtifactError, r"frames of stage 0 .*expected \(8, 5, 4\) bytes.*found \(9, 5, 4\)"),
        (0x148, 6, ArtifactError, r"frames of stage 1 .*expected \(8, 5, 0\) bytes.*found \(8, 6, 0\)"),
    ],
)
def test_another_design_on_the_chip(
    board: Board, bitfile: Path, address: int, value: int, error: type[Exception], words: str
) -> None:
    board.registers[address] = value
    with pytest.raises(error, match=words):
        PynqDevice(bitfile)


def test_frames_that_the_chip_counts_as_cut(board: Board, bitfile: Path) -> None:
    with PynqDevice(bitfile) as device:
        device.run(1, BATCH[:1] >> 4, LIMIT_S)
        board.registers[0x154] = 3
        with pytest.raises(
            DeviceError, match="stage 1, 1 frames; found 3 transfers that did not arrive as whole"
        ):
            device.run(1, BATCH[:1] >> 4, LIMIT_S)


def test_counters(board: Board, bitfile: Path) -> None:
    board.registers |= {0x158: 7, 0x160: 5, 0x168: 6, 0x0C: 1}
    device = PynqDevice(bitfile)
    first, second = device.counters()["stages"]
    wide = 1 << 32
    assert first == {"frames": 0, "maps": 0, "begun": 0, "cut": 0, "cycles": wide, "stalled": wide}
    assert second == {"frames": 7, "maps": 0, "begun": 0, "cut": 0, "cycles": wide + 5, "stalled": wide + 6}
    device.close()
    with pytest.raises(DeviceError, match="counters; found the device closed"):
        device.counters()


def test_without_pynq(bitfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynq", None)
    with pytest.raises(ToolMissing, match=r"pynq is missing.*Run this on the board"):
        PynqDevice(bitfile)


def test_without_a_bitfile_or_description(board: Board, bitfile: Path) -> None:
    bitfile.unlink()
    with pytest.raises(ArtifactError, match=r"toy.bit; expected a bitstream"):
        PynqDevice(bitfile)
    bitfile.touch()
    bitfile.with_suffix(".json").unlink()
    with pytest.raises(ArtifactError, match=r"toy.json is missing"):
        PynqDevice(bitfile)


def test_a_description_comes_back(tmp_path: Path) -> None:
    made = fake_pynq.description()
    made.save(tmp_path / "a.json")
    assert OverlayDescription.load(tmp_path / "a.json") == made
    assert made.stages[0].streams() == toy.streams(2)[0]
    assert made.stages[0].input.stream("x") == Stream("x", 8, False, 2, 4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(schema=1), "schema; expected 2; found 1"),
        (lambda d: d.pop("digest"), "digest; expected a value"),
        (
            lambda d: d["stages"][0]["input"].update(lanes="2"),
            "stages.0.input.lanes; expected ",
        ),
        (lambda d: d["stages"][0].update(more=1), "stages.0.more; expected no such"),
        (lambda d: d["stages"][1]["input"].update(dma="dma0"), "two streams on the send channel of dma0"),
        (lambda d: d["stages"][0]["feature_map"].update(dma="dma0"), "on the receive channel of dma0"),
        (
            lambda d: d["stages"][0].update(feature_map=None),
            "from stage 0 to stage 1.*found none",
        ),
        (lambda d: d["stages"][1]["input"].update(beats=9), "expected 9 x UINT4.*; found 8 x"),
        (lambda d: d["stages"][1]["logits"].update(lanes=2), r"one number of classes.*found \[3, 2\]"),
        (lambda d: d["stages"][1]["logits"].update(dma="dma9"), "expected a DMA dma9; found no such block"),
        (lambda d: d.update(stages=[]), "has no stage"),
        (lambda d: d.update(digest="d"), "digest; expected "),
        (lambda d: d.update(digest="e" * 64), "expected e{64}; found d{64}"),
        (lambda d: d.update(cell="other"), "expected registers other; found no such block"),
    ],
)
def test_a_description_that_cannot_be(board: Board, bitfile: Path, change: Any, words: str) -> None:
    file = bitfile.with_suffix(".json")
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))
    with pytest.raises(ArtifactError, match=words):
        PynqDevice(bitfile)


@pytest.mark.parametrize("address", ["/", ".", "..", "nowhere.bit", "n" * 300])
def test_a_bitstream_that_is_no_file_is_refused(address: str) -> None:
    with pytest.raises(ArtifactError, match="expected a bitstream; found no file"):
        PynqDevice(Path(address))
