"""Experiment trackers by name, through Lightning. All but CSV and TensorBoard need a package of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger

from toolkit.train.options import require_tracker


class NeptuneLogger(Logger):
    """A logger for Neptune, which Lightning no longer has; offline, since the hosted service has closed."""

    def __init__(self, run: str) -> None:
        super().__init__()
        import neptune

        self._run = neptune.init_run(mode="offline", name=run)

    @property
    def name(self) -> str:
        """Name of the logger, for its folder."""
        return "neptune"

    @property
    def version(self) -> str:
        """Neptune's identifier of the run."""
        return str(self._run["sys/id"].fetch()) if self._run.exists("sys/id") else "offline"

    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Do nothing: options are in the checkpoint."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Append each value to its series."""
        for name, value in metrics.items():
            self._run[name].append(value, step=step)

    def finalize(self, status: str) -> None:
        """Write out what is queued."""
        self._run.stop()


def tracker(name: str, folder: Path, run: str) -> Logger:
    """Return the logger called ``name``, which writes the run called ``run`` below ``folder``.

    Raises:
        ToolMissing: the tracker's package is not installed.
    """
    require_tracker(name)
    if name == "tensorboard":
        return TensorBoardLogger(folder, name="tensorboard", version=run)
    if name == "mlflow":
        return MLFlowLogger(
            experiment_name="offramp", run_name=run, tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"
        )
    if name == "neptune":
        return NeptuneLogger(run)
    return CSVLogger(folder, name="csv", version=run)
