"""A Dask cluster as a place to run tasks: a local one of worker processes, or one behind a scheduler."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, wait
from distributed.comm import parse_address
from distributed.comm.registry import get_backend

from toolkit.core.errors import BadOption, HostFailed, OfframpError, UnsupportedVersion
from toolkit.pieces.piece import SentPiece, require, versions

_PATIENCE_S = 10.0
"""Seconds in which a scheduler must answer."""
_LOOK_S = 1.0
"""Seconds after which the pieces that run are counted again."""

_ENVIRONMENT = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
"""Environment of local workers, set before their libraries are loaded."""

Told = Callable[[int], None]
"""Called with the number of tasks that workers have at the moment."""


@contextlib.contextmanager
def opened(scheduler: str | None, workers: int, store: Path) -> Iterator[Cluster]:
    """Connect to a cluster, whose workers must have our versions.

    Args:
        scheduler: address of its scheduler; None: start ``workers`` processes here, which end with it.
        workers: number of local worker processes.
        store: folder of the store that local workers share with us.

    Raises:
        BadOption: no address of a scheduler.
        HostFailed: no scheduler answers.
        UnsupportedVersion: a worker has other versions.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        # A hundred looks in a second at what a worker does would slow it on a busy machine.
        stack.enter_context(dask.config.set({"distributed.worker.profile.enabled": False}))
        # Dask has workers give memory back at once, which a training takes again in every step.
        stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": _ENVIRONMENT}))
        where: Any = scheduler
        if scheduler is None:
            where = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            )
        client = _connected(where)
        stack.callback(client.close, timeout=_PATIENCE_S)
        stack.enter_context(client.as_current())
        _require_versions(client)
        yield Cluster(client, store if scheduler is None else None)


class Cluster:
    """A connected cluster.

    Args:
        client: connection to its scheduler.
        store: folder of the workers' store; None: each has its own.
    """

    def __init__(self, client: Client, store: Path | None) -> None:
        self._client, self._store = client, store

    def results(self, tasks: Mapping[int, SentPiece], told: Told) -> Iterator[tuple[int, Any]]:
        """Run tasks; yields the files of each as it ends, or the exception that it raised.

        Who has seen enough closes the iterator: tasks that have not ended are given up.

        Args:
            tasks: tasks by their number; those of small numbers begin first.

        Raises:
            HostFailed: the scheduler went away.
        """
        futures = {
            self._client.submit(
                SentPiece.run, task, self._store, key=f"{task.kind}-{task.key}", priority=-number, pure=False
            ): number
            for number, task in tasks.items()
        }
        try:
            while futures:
                told(sum(len(keys) for keys in self._client.processing().values()))
                for future in self._ended(futures):
                    yield futures.pop(future), self._content(future)
        except (CancelledError, OSError) as error:
            raise _gone("the scheduler went away") from error
        finally:
            with contextlib.suppress(Exception):
                self._client.cancel(list(futures), force=True)

    def _ended(self, futures: Mapping[Future, int]) -> list[Future]:
        """Wait for the next that end; none if nothing ends for a while."""
        with contextlib.suppress(TimeoutError):
            ended = wait(list(futures), timeout=_LOOK_S, return_when="FIRST_COMPLETED").done
            return sorted(ended, key=lambda future: futures[future])
        return []

    def _content(self, future: Future) -> Any:
        if future.status == "cancelled":
            raise CancelledError
        error = future.exception()
        if isinstance(error, KilledWorker):
            return HostFailed(
                "a piece whose workers died",
                expected="one that lives until its end",
                found=f"deaths of workers: {error.allowed_failures + 1}",
                fix="Look for what kills them, often too little memory. What has ended is kept.",
            )
        return future.result() if error is None else error


def _connected(where: Any) -> Client:
    try:
        if isinstance(where, str):
            get_backend(parse_address(where, strict=True)[0])
        return Client(where, timeout=_PATIENCE_S, set_as_default=False)
    except ValueError as error:
        raise BadOption("--scheduler", expected="an address such as tcp://HOST:8786", found=where) from error
    except (OSError, TimeoutError) as error:
        raise _gone(f"no scheduler answers at {where}") from error


def _gone(what: str) -> HostFailed:
    fix = "Start it again and repeat the command: pieces that have ended are kept."
    return HostFailed(what, expected="a scheduler of Dask", fix=fix)


def _require_versions(client: Client) -> None:
    try:
        found = client.run(versions, on_error="return")
    except (OSError, TimeoutError) as error:
        raise _gone("the scheduler went away") from error
    for address, theirs in sorted(found.items()):
        if isinstance(theirs, OfframpError):
            raise theirs
        if isinstance(theirs, BaseException):
            expected = f"offramp {versions()['offramp']}"
            raise UnsupportedVersion(f"worker {address}", expected=expected, found=theirs) from theirs
        require(versions(), theirs, f"worker {address}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Dask's own messages about what comes as an error of ours."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            # Of its own web page, when another cluster runs here; the next port is taken.
            warnings.filterwarnings("ignore", "Port .* is already in use")
            yield
    finally:
        logger.setLevel(level)
