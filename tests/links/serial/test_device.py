"""The serial device against a board in Python: a line that damages, a board that forgets, breaks, returns."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from tests.runtime import toy
from tests.runtime.conftest import serial_device
from tests.runtime.fake_board import GO, RUN, STOP, FakeBoard, noise
from tests.runtime.test_contract import DIRECT, FRAMES, POLICY, values
from toolkit.links.serial import LineOptions, SerialDevice
from toolkit.links.serial.line import Line
from toolkit.links.serial.protocol import Packet, RequestKind
from toolkit.runtime import DeviceError, DeviceTimeout, ExitController, FramesLost

LIMIT_S = 20.0


def classify(device: SerialDevice, frames: np.ndarray = FRAMES, **options: object) -> list:
    policy = POLICY if len(device.info.stages) == 2 else toy.Margin((40.0, 60.0))
    return list(ExitController(device, policy, **options).classify(frames))  # type: ignore[arg-type]


def test_each_frame_goes_over_the_line_once_and_stops_free_the_slots(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        assert toy.told(classify(device)) == DIRECT
        stays = [index for index, _, exit_, _ in DIRECT if exit_ == 1]
    seen = fake_board.seen
    assert (seen[RUN], seen[GO], seen[STOP]) == (150, len(stays), 150 - len(stays))
    assert not fake_board.refused
    assert device.resent == 0
    for index in (next(index for index, _, exit_, _ in DIRECT if exit_ == 0), stays[0]):
        with serial_device(fake_board) as device:
            classify(device, FRAMES[index : index + 1])
        assert fake_board.led == DIRECT[index][1:3]


def test_batch_and_window_fit_the_slots(tmp_path: Path) -> None:
    for slots in (1, 2, 5):
        with FakeBoard(tmp_path, slots=slots) as board, serial_device(board) as device:
            assert device.info.slots == slots
            assert toy.told(classify(device)) == DIRECT
            assert board.seen[RUN] == 150, "no slot was taken from a frame that still needed it"


def test_cycles_are_the_boards(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        answers = classify(device)
        assert {(answer.exit, answer.cycles) for answer in answers} == {(0, 20), (1, 10 + 21)}
        counters = json.loads(json.dumps(device.counters()))
    assert counters["stages"][0] == {"frames": 150, "cycles": 3000}
    assert counters["stages"][1]["cycles"] == 21 * counters["stages"][1]["frames"]
    left = {name: count for name, count in counters.items() if name != "stages"}
    assert left == {"crc_errors": 0, "overruns": 0, "abandoned": 0, "watchdog_resets": 0, "resent": 0}


@pytest.mark.parametrize("seed", range(6))
def test_a_line_that_damages_bytes_both_ways(fake_board: FakeBoard, seed: int) -> None:
    with serial_device(fake_board, reply_s=0.03, retries=30) as device:
        fake_board.damage_in, fake_board.damage_out = noise(0.002, seed), noise(0.002, seed + 100)
        assert toy.told(classify(device)) == DIRECT
        fake_board.damage_in = fake_board.damage_out = bytes
        assert device.counters()["resent"] > 0
    assert fake_board.refused[1] > 0, "CRC"


def test_three_stages(tmp_path: Path) -> None:
    with FakeBoard(tmp_path, stages=3) as board, serial_device(board) as device:
        expected = toy.direct(FRAMES, toy.Margin((40.0, 60.0)))
        assert {line[2] for line in expected} == {0, 1, 2}
        assert toy.told(classify(device)) == expected
        board.hangs = lambda stage, values: False
        # From the image to the last stage, for a frame of which the board has forgotten all.
        names = device.run(0, values(FRAMES[:3]), LIMIT_S).feature_map
        board.power_up()
        assert names is not None
        got = device.run(1, names, LIMIT_S).feature_map
        board.power_up()
        assert got is not None
        logits = device.run(2, got, LIMIT_S).logits
        maps = values(FRAMES[:3])
        for stage in (0, 1):
            maps = toy.compute(stage, maps)[1]
        assert np.array_equal(logits, toy.compute(2, maps)[0])


def test_a_board_that_is_reset_now_and_then(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        sizes = np.random.default_rng(1).integers(20, 400, 15)
        fake_board.at = {int(at): fake_board.power_up for at in np.cumsum(sizes) + 60}
        assert toy.told(classify(device)) == DIRECT
    assert fake_board.refused[6] > 0, "feature maps were lost"


def test_a_board_that_loses_feature_maps_all_the_time(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        names = device.run(0, values(FRAMES[:4]), LIMIT_S).feature_map
        assert names is not None
        execute = fake_board._execute

        def forgetful(request: object) -> None:
            fake_board.maps[0].clear()
            execute(request)  # type: ignore[arg-type]

        fake_board._execute = forgetful  # type: ignore[method-assign]
        with pytest.raises(DeviceError, match=r"4 lost 4 times. Is the board reset all the time"):
            device.run(1, names, LIMIT_S)
        fake_board._execute = execute  # type: ignore[method-assign]
        assert device.run(1, names, LIMIT_S).logits.shape == (4, 3)


def test_a_feature_map_of_nobody(fake_board: FakeBoard) -> None:
    with (
        serial_device(fake_board) as device,
        pytest.raises(DeviceError, match="found number 77, which is not known"),
    ):
        device.run(1, np.array([[77]]), LIMIT_S)


def test_unplugged_and_plugged_in_again(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        names = device.run(0, values(FRAMES[:5]), LIMIT_S).feature_map
        assert names is not None
        fake_board.unplug()
        with pytest.raises(DeviceError, match=r"connection to the board at .*port lost"):
            device.run(1, names, LIMIT_S)
        with pytest.raises(DeviceError, match="no such device"):
            device.run(1, names, LIMIT_S)
        device.settled(0, names[:1])
        fake_board.replug()
        logits = device.run(1, names[1:], LIMIT_S).logits
        assert np.array_equal(logits, toy.compute(1, toy.compute(0, values(FRAMES[1:5]))[1])[0])


def test_unplugged_in_mid_stream(fake_board: FakeBoard) -> None:
    with serial_device(fake_board) as device:
        fake_board.at = {1500: lambda: setattr(fake_board, "silent", True)}
        answers = classify(device, retries=0, give_up=2, batch=4)
        lost = [answer for answer in answers if answer.error is not None]
        assert 0 < len(lost) < 150
        good = [answer for answer in answers if answer.error is None]
        assert toy.told(good) == [DIRECT[answer.index] for answer in good]
        assert isinstance(FramesLost([1], lost[0].error), DeviceError)  # type: ignore[arg-type]
        fake_board.silent = False
        assert toy.told(classify(device)) == DIRECT


def test_a_board_with_fewer_buffers_than_it_says(fake_board: FakeBoard) -> None:
    with serial_device(fake_board, reply_s=0.03, retries=30) as device:
        fake_board.buffers = 1
        assert toy.told(classify(device, FRAMES[:40])) == DIRECT[:40]
    assert fake_board.refused[5] > 0, "busy"


def test_a_post_to_a_closed_port(fake_board: FakeBoard) -> None:
    link = Line(fake_board.port, LineOptions())
    link.close()
    with pytest.raises(DeviceError, match=r"connection to the board at .* lost"):
        link.post(Packet(RequestKind.STOP))


def test_the_time_limit_is_kept(fake_board: FakeBoard) -> None:
    with serial_device(fake_board, reply_s=5.0) as device:
        fake_board.silent = True
        begin = time.monotonic()
        with pytest.raises(DeviceTimeout, match="found 0 of 2"):
            device.run(0, values(FRAMES[:2]), 0.2)
        assert time.monotonic() - begin < 1.0
        fake_board.silent = False
        assert device.run(0, values(FRAMES[:2]), LIMIT_S).logits.shape == (2, 3)


def test_more_frames_than_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.links.serial.device.REMEMBERED", 6)
    with FakeBoard(tmp_path, slots=4) as board, serial_device(board) as device:
        names = device.run(0, values(FRAMES[:8]), LIMIT_S).feature_map
        assert names is not None
        assert device.run(1, names[2:], LIMIT_S).logits.shape == (6, 3)
        with pytest.raises(DeviceError, match="found number 0, which is not known"):
            device.run(1, names[:1], LIMIT_S)
