"""Runs pieces: those that the store does not have, in this process or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.core.errors import BadOption
from toolkit.core.paths import is_folder
from toolkit.core.progress import Progress, silent
from toolkit.core.store import Store
from toolkit.pieces.piece import Piece, received


def map_pieces(
    pieces: Sequence[Piece],
    kind: str,
    *,
    scheduler: str | None = None,
    workers: int = 1,
    store: Store | None = None,
    progress: Progress = silent,
) -> list[Path]:
    """Make the result of every piece; returns their folders in the store, in order.

    Each result is kept as soon as it is there, under the digest of its content: a lost worker costs the piece
    that it had, which another one begins again, and a second call costs nothing.

    Args:
        pieces: pieces; equal ones are made once.
        kind: kind of result in the store, and what progress calls them.
        scheduler: address of a Dask scheduler, ``tcp://HOST:PORT``; None: work here.
        workers: processes that work here; 1: this process alone.
        store: store of the results; by default Offramp's cache.
        progress: callback for the pieces that have ended, that run and that failed.

    Raises:
        BadOption: a number of workers below 1, or no address of a scheduler.
        HostFailed: the scheduler went away, or workers die of a piece.
        UnsupportedVersion: a worker has other versions.
        Exception: whatever the first piece that fails raises: the first in order, not in time. Those after it
            are given up.
    """
    if workers < 1:
        raise BadOption("workers", expected="1 or more", found=workers)
    store = store or Store()
    store.require()
    distinct = {piece.key: piece for piece in pieces}
    left = [piece for piece in distinct.values() if not is_folder(store.folder / kind / piece.key)]
    board = _Board(kind, len(distinct), len(distinct) - len(left), progress)
    if scheduler is None and (workers == 1 or len(left) < 2):
        for piece in left:
            board.tell(1)
            piece.here(store, kind)
            board.done += 1
    elif left:
        _on_cluster(left, kind, scheduler, workers, store, board)
    board.tell(0)
    return [piece.here(store, kind) for piece in pieces]


class _Board:
    """What is told while pieces are made."""

    def __init__(self, kind: str, total: int, done: int, progress: Progress) -> None:
        self._kind, self._total, self._progress = kind, total, progress
        self.done, self.failed = done, 0

    def tell(self, running: int) -> None:
        self._progress(self._kind, self.done, self._total)
        self._progress(f"{self._kind} running", running, self._total)
        if self.failed:
            self._progress(f"{self._kind} failed", self.failed, self._total)


def _on_cluster(
    pieces: Sequence[Piece], kind: str, scheduler: str | None, workers: int, store: Store, board: _Board
) -> None:
    from toolkit.pieces.cluster import opened

    failed: dict[int, BaseException] = {}
    waiting = set(range(len(pieces)))
    with opened(scheduler, min(workers, len(pieces)), store.folder) as cluster:
        tasks = {number: piece.task(kind) for number, piece in enumerate(pieces)}
        for number, found in cluster.results(tasks, board.tell):
            waiting.discard(number)
            if isinstance(found, BaseException):
                failed[number], board.failed = found, board.failed + 1
            else:
                received(store, kind, pieces[number].key, found)
                board.done += 1
            # All before the first that failed may fail as well, and are told first then.
            if failed and not any(number < min(failed) for number in waiting):
                raise failed[min(failed)]
