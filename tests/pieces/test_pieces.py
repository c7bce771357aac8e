"""Pieces are made once, wherever: here, in worker processes, behind a scheduler; what ends is kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest

from tests.pieces import work
from toolkit.core.artifact import files_below
from toolkit.core.errors import BadOption, FoldingUnreachable, HostFailed, UnsupportedVersion
from toolkit.core.store import Store
from toolkit.pieces import Piece, map_pieces, piece

NUMBERS = range(6)


def squares(**more: object) -> list[Piece]:
    return [Piece(work.square, {"number": number, **more}) for number in NUMBERS]


def contents(folders: list[Path]) -> list[list[tuple[str, bytes]]]:
    return [[(name, file.read_bytes()) for name, file in files_below(folder)] for folder in folders]


def test_a_second_call_costs_nothing(tmp_path: Path) -> None:
    log, store = tmp_path / "log", Store(tmp_path / "store")
    first = map_pieces(squares(log=str(log)), "squares", store=store)
    assert map_pieces(squares(log=str(log)), "squares", store=store) == first
    assert log.read_text().split() == [str(number) for number in NUMBERS]
    assert [(folder / "square.txt").read_text() for folder in first] == [f"{n * n}\n" for n in NUMBERS]


def test_everything_that_decides_a_result_is_in_its_key(tmp_path: Path) -> None:
    (one := tmp_path / "one").write_bytes(b"1")
    (two := tmp_path / "two").write_bytes(b"2")
    (like_one := tmp_path / "like_one").write_bytes(b"1")
    of = [Piece(work.copy, {"name": name}, {"source": file}) for name in "ab" for file in (one, two)]
    assert len({each.key for each in of} | {Piece(work.square, {"number": 1}).key}) == 5
    assert Piece(work.copy, {"name": "a"}, {"source": like_one}).key == of[0].key


def test_equal_pieces_are_made_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pieces = [Piece(work.square, {"number": 3, "log": str(log)})] * 4
    assert len(set(map_pieces(pieces, "squares", store=Store(tmp_path)))) == 1
    assert log.read_text() == "3\n"


def test_workers_keep_the_memory_that_the_next_step_takes_again(tmp_path: Path) -> None:
    """Dask's own setting makes a training take 1.7 times as long."""
    pieces = [Piece(work.environment, {"number": number}) for number in range(2)]
    for folder in map_pieces(pieces, "environments", workers=2, store=Store(tmp_path)):
        names = (folder / "environment").read_text().split()
        assert "OMP_NUM_THREADS" in names
        assert "MALLOC_TRIM_THRESHOLD_" not in names


@pytest.mark.parametrize("before", [0, 2])
def test_progress_tells_what_is_done_and_what_runs(tmp_path: Path, before: int) -> None:
    store, told = Store(tmp_path), []
    map_pieces(squares()[:before], "squares", store=store)
    map_pieces(squares(), "squares", store=store, progress=lambda *said: told.append(said))
    assert told[:2] == [("squares", before, 6), ("squares running", 1, 6)]
    assert told[-2:] == [("squares", 6, 6), ("squares running", 0, 6)]


def test_two_workers_of_which_one_is_killed_give_the_same_bytes(tmp_path: Path) -> None:
    """The killed worker costs its piece alone, which the other one, or its successor, makes again."""
    mark = tmp_path / "mark"
    pieces = [Piece(work.killed_once, {"number": number, "mark": str(mark)}) for number in NUMBERS]
    alone = map_pieces(pieces, "squares", store=Store(tmp_path / "alone"))
    mark.touch()
    both = map_pieces(pieces, "squares", workers=2, store=Store(tmp_path / "both"))
    assert not mark.exists()
    assert contents(both) == contents(alone)
    assert [folder.name for folder in both] == [folder.name for folder in alone]


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_that_fails_in_order_is_told(tmp_path: Path, workers: int) -> None:
    """Piece 1 fails last in time; what ended before is kept."""
    waits = {1: 0.5}
    pieces = [
        Piece(work.fails, {"number": number, "wait_s": waits.get(number, 0)}) for number in (0, 1, 3, 5, 7)
    ]
    with pytest.raises(FoldingUnreachable, match=r"^piece 1; expected even; found odd. Halve it.$") as caught:
        map_pieces(pieces, "squares", workers=workers, store=Store(tmp_path))
    assert caught.value.best == 1
    assert (tmp_path / "squares" / pieces[0].key / "square.txt").exists()


def test_workers_that_always_die_are_an_error(tmp_path: Path) -> None:
    pieces = [Piece(work.killed), *squares()[:1]]
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        pytest.raises(HostFailed, match="found deaths of workers: 2"),
    ):
        map_pieces(pieces, "deaths", workers=2, store=Store(tmp_path))


def test_less_than_one_worker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="workers; expected 1 or more; found 0"):
        map_pieces([], "squares", workers=0, store=Store(tmp_path))


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler and a worker as users start them: its address and its process."""
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "theirs"))
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        address = next(line.split()[-1] for line in process.stderr if "Scheduler at:" in line)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
        with subprocess.Popen(
            [*worker, "--no-dashboard", "--no-nanny"], stderr=subprocess.DEVNULL
        ) as working:
            yield address, process
            working.kill()
        process.kill()


def test_a_scheduler_that_goes_away_loses_nothing(
    tmp_path: Path, scheduler: tuple[str, subprocess.Popen[str]]
) -> None:
    """Its worker has a store of its own; files go there, and what it has made comes into ours at once."""
    address, process = scheduler
    store = Store(tmp_path / "ours")
    (source := tmp_path / "source").write_bytes(b"weights")
    copy = Piece(work.copy, {"name": "copied"}, {"source": source})
    (copied,) = map_pieces([copy], "copies", scheduler=address, store=store)
    assert (copied / "copied").read_bytes() == b"weights"
    pieces = [Piece(work.slow, {"number": number}) for number in (0, 1)]

    def told(label: str, done: int, total: int) -> None:
        if (label, done) == ("slow", 1):
            process.kill()

    with pytest.raises(HostFailed, match=r"the scheduler went away; .*pieces that have ended are kept"):
        map_pieces(pieces, "slow", scheduler=address, store=store, progress=told)
    assert (store.folder / "slow" / pieces[0].key / "square.txt").read_text() == "0\n"
    with pytest.raises(HostFailed, match=f"no scheduler answers at {address}"):
        map_pieces(pieces, "slow", scheduler=address, store=store)


def test_workers_of_other_versions_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = piece.packages()
    monkeypatch.setattr("toolkit.pieces.piece.packages", lambda: ours | {"torch": "9.9"})
    message = rf"^worker tcp://127.* has other versions; expected torch 9.9; found torch {ours['torch']}"
    with pytest.raises(UnsupportedVersion, match=message.replace("+", r"\+")):
        map_pieces(squares(), "squares", workers=2, store=Store(tmp_path))


def test_a_worker_that_comes_later_is_refused_as_well(tmp_path: Path) -> None:
    """Each piece says what it needs."""
    task = squares()[0].task("squares")
    task.versions["code of offramp"] = "another"
    with pytest.raises(UnsupportedVersion, match=r"this worker .* expected code of offramp another"):
        task.run(tmp_path)


@pytest.mark.parametrize("address", ["nonsense", "http//x", "carrier-pigeon://x:1"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises((BadOption, HostFailed), match="scheduler"):
        map_pieces(squares(), "squares", scheduler=address, store=Store(tmp_path))
