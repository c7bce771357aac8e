"""The simulated device: runs the stages' RTL in Verilator behind the interface of a device."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.compose import Accelerator
from toolkit.compose.accelerator import MAP, OUTPUT
from toolkit.core.artifact import sha256_json
from toolkit.core.errors import ArtifactError, SimulationError
from toolkit.runtime.device import Cycles, Device, DeviceInfo, Reply, StageStreams
from toolkit.runtime.errors import DeviceError, DeviceTimeout
from toolkit.sim import RtlDesign, SimRun, Simulator, build
from toolkit.sim.simulator import QUIET_CYCLES


class SimulatedDevice(Device):
    """Stage accelerators in simulation. Every batch starts from reset, with empty pipelines.

    The time limit is checked whenever a frame leaves and when no beat has moved for ``quiet_cycles``.

    Args:
        simulators: compiled simulators, one per stage, of a design with one input, logits ``out0_V`` and,
            except at the last stage, the feature map ``out1_V``.
        digest: digest of the designs.
        jobs: processes per batch. Each starts from reset, so cycles depend on their number.
        quiet_cycles: clock cycles without a transfer after which a stage counts as deadlocked.

    Raises:
        ArtifactError: a design has other streams, or two stages do not fit each other.
    """

    def __init__(
        self, simulators: Sequence[Simulator], digest: str, *, jobs: int = 1, quiet_cycles: int = QUIET_CYCLES
    ) -> None:
        self._simulators = tuple(simulators)
        streams = tuple(stage_streams(simulator.design) for simulator in simulators)
        self._info = DeviceInfo("simulated device", digest, streams)
        self._jobs, self._quiet_cycles = jobs, quiet_cycles
        self._closed = False

    @classmethod
    def of(
        cls,
        accelerators: Sequence[Accelerator],
        cache_dir: Path | None = None,
        *,
        quick: bool = False,
        jobs: int = 1,
    ) -> SimulatedDevice:
        """Compile a device with these stage accelerators, in order.

        Args:
            accelerators: stage accelerators.
            cache_dir: folder for compiled simulations; by default in Offramp's cache folder.
            quick: see :func:`toolkit.sim.build`.
            jobs: processes per batch.
        """
        simulators = [build(item.design(), cache_dir=cache_dir, quick=quick) for item in accelerators]
        return cls(simulators, stages_digest(accelerators), jobs=jobs)

    @property
    def info(self) -> DeviceInfo:
        """Description of the device."""
        return self._info

    def run(self, stage: int, batch: npt.NDArray[np.integer], timeout_s: float) -> Reply:
        """See :meth:`Device.run`."""
        simulator, end = self._simulators[stage], time.monotonic() + timeout_s
        port = simulator.design.inputs[0]
        where = f"{self._info.name}, stage {stage}, {len(batch)} frames"

        def look(label: str, done: int, total: int) -> None:
            if self._closed:
                raise DeviceError(where, found="the device closed")
            if time.monotonic() > end:
                found = f"{done} frames done"
                raise DeviceTimeout(where, expected=f"answers within {timeout_s:g} s", found=found)

        look(where, 0, len(batch))
        try:
            run = simulator.run(
                {port.name: batch.reshape(len(batch), port.beats, port.lanes)},
                jobs=self._jobs,
                quiet_cycles=self._quiet_cycles,
                probes=(),
                progress=look,
            )
        except SimulationError as error:
            look(where, 0, len(batch))  # a run that was ended by the limit or by close() is reported as that
            raise DeviceError(where, found=error) from error
        return _reply(run, port.name)

    def close(self) -> None:
        """Close the device; a running batch ends at its next frame."""
        self._closed = True


def stages_digest(accelerators: Sequence[Accelerator]) -> str:
    """Return one digest for the stage accelerators of a device, in order."""
    return sha256_json([accelerator.digest for accelerator in accelerators])


def stage_streams(design: RtlDesign) -> StageStreams:
    """Return the streams of a stage accelerator's design.

    Raises:
        ArtifactError: the design is no stage accelerator.
    """
    outputs = {stream.name: stream for stream in design.outputs}
    if len(design.inputs) != 1 or OUTPUT not in outputs or set(outputs) - {OUTPUT, MAP}:
        raise ArtifactError(
            f"{design.top} is no stage accelerator",
            expected=f"one input, outputs {OUTPUT} and, except at the last stage, {MAP}",
            found=f"{[stream.name for stream in design.inputs]} and {list(outputs)}",
        )
    return StageStreams(design.inputs[0], outputs[OUTPUT], outputs.get(MAP))


def _reply(run: SimRun, entry: str) -> Reply:
    has_map, frames = MAP in run.outputs, run.frames
    return Reply(
        logits=run.outputs[OUTPUT].reshape(frames, -1),
        feature_map=run.outputs[MAP].reshape(frames, -1) if has_map else None,
        cycles=Cycles(
            first_in=run.stamps[entry].first,
            logits_out=run.stamps[OUTPUT].last,
            map_out=run.stamps[MAP].last if has_map else None,
            starts=run.starts,
        ),
    )
