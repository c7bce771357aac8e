"""Runs a package: its examples on a board (selftest), images (classify), or what it holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .board import Board, BoardError
from .contents import Package, PackageError, open_package
from .selftest import Differs, measurements, selftest


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 if all went well, 1 if an answer differs, 2 if it could not be tried."""
    parser = argparse.ArgumentParser(prog="python3 PACKAGE.zip", description=__doc__)
    parser.add_argument("command", choices=sorted(_COMMANDS))
    parser.add_argument("files", nargs="*", help="of classify: .npy files of images, uint8 [N, C, H, W]")
    parser.add_argument(
        "--device", default="", help="serial:PORT, mmio:ADDRESS, or pynq:RAIL,... with rails to measure"
    )
    parser.add_argument("--package", default=sys.argv[0], help="the package; by default the one that runs")
    parser.add_argument("--seconds", type=float, default=0.0, help="of selftest: repeat for so long")
    parser.add_argument("--measurements", help="of selftest: write energies for 'offramp cost' to this file")
    given = parser.parse_args(arguments)
    try:
        return _COMMANDS[given.command](open_package(given.package), given)
    except Differs as found:
        print(f"FAIL: {found}")
        return 1
    except (PackageError, BoardError, OSError) as problem:
        print(f"offramp_board: {problem}", file=sys.stderr)
        return 2


def _about(package: Package, given: Any) -> int:
    about = package.about
    print(f"{about['model']} on {about['dataset']} for {about['target']}, design {package.digest[:12]}")
    print(f"bitstream: {package.bitstream or 'none was built'}")
    print(f"load it: {about['load'] or 'as the board is loaded'}")
    print(f"policy: {about['policy']['words']}")
    return 0


def _extract(package: Package, given: Any) -> int:
    print(package.extract_bitstream(Path.cwd()))
    return 0


def _selftest(package: Package, given: Any) -> int:
    if given.measurements:  # before minutes are spent on them
        Path(given.measurements).touch()
    with package.board(given.device) as board:
        passed = selftest(board, given.seconds)
    for line in passed.lines():
        print(line)
    if given.measurements:
        Path(given.measurements).write_text(measurements(package, passed) + "\n")
    return 0


def _classify(package: Package, given: Any) -> int:
    if not given.files:
        raise BoardError("classify: expected .npy files of images, found none")
    with package.board(given.device) as board:
        for file in given.files:
            _print_answers(board, file)
    return 0


def _print_answers(board: Board, file: str) -> None:
    try:
        images = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise BoardError(f"{file}: expected an .npy file of images ({problem})") from problem
    for index, answer in enumerate(board.classify(images[None] if images.ndim == 3 else images)):
        print(f"{file}[{index}]: {answer.name}, exit {answer.exit}")


_COMMANDS = {"about": _about, "extract": _extract, "selftest": _selftest, "classify": _classify}

if __name__ == "__main__":
    sys.exit(main())
