"""The serial device against the link's RTL, bit by bit through a pseudo-terminal, on good and bad lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.rtl import files
from tests.runtime import toy
from tests.runtime.test_contract import DIRECT, FRAMES, POLICY, values
from toolkit.families.ecp5.simulation import PLL
from toolkit.links.serial import LineOptions, SerialDevice
from toolkit.links.serial.simulated import Faults, LineFaults, SerialBoard
from toolkit.runtime import DeviceTimeout, ExitController

DESIGNS = toy.HERE / "designs"
LINK = (
    files.source("offramp_serial_pkg"),
    *(path for path in files.all_files() if path.stem.startswith("offramp_link")),
    *(
        files.source(f"offramp_{name}")
        for name in (
            "argmax",
            "crc32",
            "fork",
            "map_buffer",
            "packet_receiver",
            "packet_sender",
            "player",
            "ram",
            "serial_line",
            "uart_rx",
            "uart_tx",
        )
    ),
)
SOURCES = (
    PLL,
    *LINK,
    *(DESIGNS / f"{name}.sv" for name in ("toy_stage0", "toy_stage1", "toy_board")),
)
DIGEST = bytes(range(1, 33)).hex()
LIMIT_S = 60.0

pytestmark = pytest.mark.sim
Make = Callable[..., SerialBoard]


@pytest.fixture
def toy_board(simulators: Path) -> Make:
    def make(**options: object) -> SerialBoard:
        chosen = {"clocks_per_bit": 4, "cache_dir": simulators, "quick": True, **options}
        return SerialBoard(SOURCES, "toy_board", **chosen)  # type: ignore[arg-type]

    return make


def device_at(board: SerialBoard, **options: float) -> SerialDevice:
    chosen = LineOptions(**{"reply_s": 0.5, **options})  # type: ignore[arg-type]
    return SerialDevice.open(board.port, digest=DIGEST, streams=toy.streams(2), options=chosen)


def test_every_answer_is_exact(toy_board: Make) -> None:
    with toy_board() as board:
        with device_at(board) as device:
            assert (device.board.clock_khz, device.board.slots, device.board.buffers) == (60_000, 8, 4)
            answers = list(ExitController(device, POLICY).classify(FRAMES))
            assert toy.told(answers) == DIRECT
            counters = device.counters()
        last = DIRECT[-1]
        with device_at(board) as device:
            list(ExitController(device, POLICY).classify(FRAMES[-1:]))
        assert board.state().led & 0x3F == last[1] | last[2] << 4
    stay = [line[0] for line in DIRECT if line[2] == 1]
    assert [stage["frames"] for stage in counters["stages"]] == [150, len(stay)]
    assert {name: counters[name] for name in ("crc_errors", "overruns", "abandoned", "resent")} == {
        "crc_errors": 0,
        "overruns": 0,
        "abandoned": 0,
        "resent": 0,
    }
    spent = [{answer.cycles for answer in answers if answer.exit == k} for k in (0, 1)]
    assert all(len(cycles) == 1 for cycles in spent), "a board has no queues: each frame takes the same time"
    assert counters["stages"][0]["cycles"] == 150 * spent[0].pop()
    assert board.state().bad_stops == 0


@pytest.mark.parametrize(
    "line",
    [
        LineFaults(corrupted=0.003),
        LineFaults(dropped=0.003),
        LineFaults(duplicated=0.003),
        LineFaults(cut=0.002),
        LineFaults(0.001, 0.001, 0.001, 0.0002),
    ],
    ids=["corrupted", "dropped", "duplicated", "cut", "all"],
)
def test_every_answer_is_exact_on_a_bad_line(toy_board: Make, line: LineFaults) -> None:
    with (
        toy_board(faults=Faults(line, line, seed=1)) as board,
        device_at(board, reply_s=0.05, retries=30) as device,
    ):
        assert toy.told(list(ExitController(device, POLICY).classify(FRAMES))) == DIRECT
        resent = device.resent
    assert resent > 0
    assert board.state().faults > 10


def test_a_stage_that_hangs_is_reset_by_the_watchdog(toy_board: Make) -> None:
    frames = FRAMES[:12].copy()
    frames[[2, 7], 0, 0, 0] = 255
    with toy_board() as board, device_at(board) as device:
        with pytest.raises(DeviceTimeout, match="before the watchdog"):
            device.run(0, values(frames), LIMIT_S)
        answers = list(ExitController(device, POLICY, retries=0).classify(frames))
        assert [answer.index for answer in answers if answer.error] == [2, 7]
        good = [line for line in toy.told(answers) if line[0] not in (2, 7)]
        assert good == [line for line in DIRECT[:12] if line[0] not in (2, 7)]
        assert device.counters()["watchdog_resets"] > 0


def test_the_reset_button_in_mid_stream(toy_board: Make) -> None:
    with toy_board() as board, device_at(board, reply_s=0.05, retries=30) as device:
        ended = threading.Event()

        def press() -> None:
            while not ended.wait(0.1):
                board.press_reset()

        presser = threading.Thread(target=press)
        presser.start()
        try:
            begin = time.monotonic()
            while time.monotonic() - begin < 1.0:
                assert toy.told(list(ExitController(device, POLICY).classify(FRAMES))) == DIRECT
        finally:
            ended.set()
            presser.join()
        names = device.run(0, values(FRAMES[:4]), LIMIT_S).feature_map
        assert names is not None
        board.press_reset()
        logits = device.run(1, names, LIMIT_S).logits
        assert np.array_equal(logits, toy.compute(1, toy.compute(0, values(FRAMES[:4]))[1])[0])
