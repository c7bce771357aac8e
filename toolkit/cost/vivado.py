"""The power that Vivado estimates, which replaces the incremental model."""

from __future__ import annotations

from pathlib import Path

from toolkit.cost.figures import Energy, Power
from toolkit.implement.vivado.power import ChipPower, read_chip_power


class PowerReport(ChipPower):
    """The power of a chip as estimated by Vivado, as figures with their source."""

    @property
    def fabric(self) -> Power:
        """Dynamic power without the processor, clock tree included. Vivado states no interval."""
        basis = "simulated activity" if self.activity else "assumed activity"
        return Power(
            value=max(self.dynamic_w - self.processor_w, 0.0),
            low=None,
            high=None,
            provenance="simulated" if self.activity else "estimated",
            source=f"Vivado power report {self.source}, {basis}, confidence {self.confidence}",
        )

    def incremental(self, interval_us: float) -> Energy:
        """Return the dynamic energy of a frame, in µJ, if a frame comes every ``interval_us``."""
        return self.fabric.for_us(interval_us)


def read_power_report(path: Path) -> PowerReport:
    """Read the text of ``report_power``; errors as :func:`read_chip_power`."""
    return read_chip_power(path, PowerReport)
