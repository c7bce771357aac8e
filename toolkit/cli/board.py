"""``offramp load`` and ``offramp selftest``: a run's bitstream on its board, and whether it answers right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import argument, taken
from toolkit.core.declaration import Option
from toolkit.core.outputs import require_file
from toolkit.core.store import Store

DEVICE = Option(
    "A link and its address: serial:PORT; on the board itself mmio:ADDRESS or pynq:RAIL,...",
    name="device",
    kind=str,
)
SECONDS = Option("Repeat the examples for so long.", name="seconds", kind=float, low=0, high=1e6, unit="s")
MEASUREMENTS = Option("Write measured energies for 'offramp cost' here.", name="measurements", kind=Path)
FLASH = "Into the board's flash, so that it stays without power."


def load(
    run: Annotated[Path, argument("RUN", "A run directory with a bitstream.")],
    flash: Annotated[bool, typer.Option("--flash", help=FLASH)] = False,
) -> None:
    """Load the bitstream of a run onto its board, with openFPGALoader."""
    Store().require()
    from toolkit.flow.on_board import load_run

    board, line = load_run(run, flash=flash)
    stays = "in its flash" if flash else "until the power goes"
    print(f"{line}\nloaded onto {board.title}, {stays}; next: offramp selftest {run} --device ADDRESS")


def selftest(
    run: Annotated[Path, argument("RUN", "A run directory with a package, or the package.")],
    device: Annotated[str, taken(DEVICE)],
    seconds: Annotated[float, taken(SECONDS)] = 0.0,
    measurements: Annotated[Path | None, taken(MEASUREMENTS)] = None,
) -> None:
    """Run the examples of a run's package on its board and compare every answer with golden.

    Prints PASS with latency and cycles. An answer that differs is named, and the exit code is 2.
    """
    if measurements is not None:
        require_file(measurements, MEASUREMENTS.flag)
    from toolkit.flow.on_board import package_of
    from toolkit.package.host import selftest_package

    print("\n".join(selftest_package(package_of(run), device, seconds, measurements)))
