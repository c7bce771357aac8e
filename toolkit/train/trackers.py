"""Experiment trackers by name, through Lightning. All but CSV and TensorBoard need a package of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger

from toolkit.core.env import settings
from toolkit.core.errors import one_line
from toolkit.train.options import require_tracker

Say = Callable[[str], None]
_RETRIES = 2
"""Times that MLflow asks a server again; its own 7 take four minutes."""


class NeptuneLogger(Logger):
    """A logger for Neptune, which Lightning no longer has; offline, since the hosted service has closed.

    Neptune writes into ``.neptune`` in the working directory.
    """

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


class Forgiving(Logger):
    """A logger that is given up, which is said once, when it fails: training goes on without it.

    Args:
        what: name of the tracker.
        make: makes the logger.
        say: receiver of the line.

    Attributes:
        lost: whether it has failed.
    """

    def __init__(self, what: str, make: Callable[[], Logger], say: Say) -> None:
        super().__init__()
        self.lost = False
        self._what, self._say = what, say
        self._logger: Logger | None = None
        self._try(lambda: setattr(self, "_logger", make()))

    @property
    def name(self) -> str:
        """Name of the tracker."""
        return self._what

    @property
    def version(self) -> str:
        """Nothing: versions are the tracker's own."""
        return ""

    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Do nothing: options are in the checkpoint."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Pass the values of an epoch on."""
        if (logger := self._logger) is not None:
            self._try(lambda: logger.log_metrics(dict(metrics), step))

    def finalize(self, status: str) -> None:
        """Pass the end of the training on."""
        if (logger := self._logger) is not None:
            self._try(lambda: logger.finalize(status))

    def _try(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:  # a service's library may raise anything
            self._logger, self.lost = None, True
            said = one_line(str(error)) or type(error).__name__
            self._say(f"{self._what} gets nothing more, and training goes on: {said}")


def tracker(name: str, folder: Path, run: str, say: Say) -> Forgiving:
    """Return the logger called ``name``, which writes the run called ``run`` below ``folder``.

    MLflow writes to ``MLFLOW_TRACKING_URI`` where that is set.

    Args:
        say: receiver of a line if it fails.

    Raises:
        ToolMissing: the tracker's package is not installed.
    """
    require_tracker(name)
    makers: dict[str, Callable[[], Logger]] = {
        "tensorboard": lambda: TensorBoardLogger(folder, name="tensorboard", version=run),
        "mlflow": lambda: _mlflow(folder, run),
        "neptune": lambda: NeptuneLogger(run),
        "csv": lambda: CSVLogger(folder, name="csv", version=run),
    }
    return Forgiving(name, makers[name], say)


def _mlflow(folder: Path, run: str) -> Logger:
    from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES as RETRIES

    if not RETRIES.is_set():
        RETRIES.set(_RETRIES)
    folder.mkdir(parents=True, exist_ok=True)
    place = settings().mlflow or f"sqlite:///{folder / 'mlflow.db'}"
    return MLFlowLogger(experiment_name="offramp", run_name=run, tracking_uri=place)
