"""The store: one result per entry, an entry is always whole, and scratch folders go with their process."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolkit.core.errors import OutputPathError
from toolkit.core.store import Store, scratch


def make(folder: Path) -> None:
    (folder / "built").write_text("whole")


def slow_make(folder: Path) -> None:
    time.sleep(0.3)
    (folder / f"by{os.getpid()}").write_text("")


def build_one(folder: Path) -> None:
    Store(folder).get("kind", "key", slow_make)


def folders(below: Path) -> list[str]:
    return sorted(path.name for path in below.iterdir() if path.is_dir())


def test_made_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "new" / "store")
    first = store.get("kind", "key", make)
    assert (first / "built").read_text() == "whole"
    assert store.get("kind", "key", pytest.fail) == first
    assert store.get("other", "key", make) != first


def test_the_users_folder_is_taken_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "mine"))
    assert Store().get("kind", "key", make) == tmp_path / "mine" / "kind" / "key"


def test_an_entry_may_be_made_of_others(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def make_both(folder: Path) -> None:
        (folder / "built").write_text((store.get("kind", "part", make) / "built").read_text() + "r")

    assert (store.get("kind", "both", make_both) / "built").read_text() == "wholer"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        make(folder)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        Store(tmp_path).get("kind", "key", broken)
    assert folders(tmp_path / "kind") == []
    assert (Store(tmp_path).get("kind", "key", make) / "built").is_file()


def test_concurrent_makers_share_one_result(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    makers = [context.Process(target=build_one, args=(tmp_path,)) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)
        assert maker.exitcode == 0
    assert len(list((tmp_path / "kind" / "key").iterdir())) == 1


def start(code: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that runs ``code`` until it prints ``now``."""
    lines = "import sys, time; from pathlib import Path; from toolkit.core.store import Store, scratch\n"
    process = subprocess.Popen(
        [sys.executable, "-c", lines + code, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "OFFRAMP_CACHE_DIR": str(folder)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"now\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_maker_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    code = (
        "def make(folder):\n"
        "    (folder / 'half').touch(); print('now', flush=True); time.sleep(60)\n"
        "Store(Path(sys.argv[1])).get('kind', 'key', make)"
    )
    kill(start(code, tmp_path))
    assert not (tmp_path / "kind" / "key").exists()
    assert len(list(tmp_path.glob("kind/key.part-*"))) == 1
    assert [path.name for path in Store(tmp_path).get("kind", "key", make).iterdir()] == ["built"]
    assert list(tmp_path.glob("kind/key.part-*")) == []


def test_what_a_killed_maker_left_goes_with_the_next_entry_of_any_name(tmp_path: Path) -> None:
    code = (
        "def make(folder):\n"
        "    (folder / 'half').touch(); print('now', flush=True); time.sleep(60)\n"
        "Store(Path(sys.argv[1])).get('kind', KEY, make)"
    )
    killed, lives = (
        start(code.replace("KEY", "'one'"), tmp_path),
        start(code.replace("KEY", "'two'"), tmp_path),
    )
    kill(killed)
    Store(tmp_path).get("kind", "three", make)
    left = [name.partition(".part-")[0] for name in folders(tmp_path / "kind")]
    kill(lives)
    assert left == ["three", "two"], "a living process lost its entry, or a dead one kept it"


def test_a_folder_of_another_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path))
    (tmp_path / "scratch" / "tool-theirs").mkdir(parents=True)
    (tmp_path / "scratch" / "tool-theirs.lock").mkdir()  # cannot be opened, as a file of another user
    with scratch("tool") as mine:
        assert folders(tmp_path / "scratch") == sorted([mine.name, "tool-theirs", "tool-theirs.lock"])


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputPathError, match=r"cache folder .*file.* OFFRAMP_CACHE_DIR"):
        Store(tmp_path / "file").get("kind", "key", make)


def test_what_was_not_used_for_longest_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for age, key in enumerate(("used", "old", "older")):
        os.utime(store.get("kind", key, make), (1e9 - age, 1e9 - age))
    store.get("other", "key", make)
    store.get("kind", "used", pytest.fail)
    store.trim("kind", 2 * len("whole"))
    assert folders(tmp_path / "kind") == ["old", "used"]
    store.trim("kind", len("whole"))
    assert folders(tmp_path / "kind") == ["used"]
    store.trim("kind", len("whole"))
    assert folders(tmp_path / "kind") == ["used"]
    assert folders(tmp_path / "other") == ["key"]


def test_a_scratch_folder_is_there_while_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path))
    with scratch("one") as one:
        (one / "file").touch()
        with scratch("one") as other:
            assert other != one
            assert (one / "file").is_file()
        assert folders(tmp_path / "scratch") == [one.name]
    with pytest.raises(RuntimeError), scratch("broken"):
        raise RuntimeError
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == [".lock"]


def test_what_a_killed_process_left_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path))
    code = (
        "with scratch('tool') as folder: (folder / 'half').touch(); print('now', flush=True); time.sleep(60)"
    )
    killed, lives = start(code, tmp_path), start(code, tmp_path)
    kill(killed)
    with scratch("next"):
        found = folders(tmp_path / "scratch")
    assert [name.split("-")[0] for name in found] == ["next", "tool"], "the living process lost its folder"
    kill(lives)
    with scratch("next"):
        assert len(folders(tmp_path / "scratch")) == 1


def test_a_store_on_a_read_only_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(OutputPathError, match=r"cache folder .*found Read-only.*OFFRAMP_CACHE_DIR"):
        Store(tmp_path / "store").get("kind", "key", lambda folder: None)


@pytest.mark.parametrize("folder", ["/dev/null", "/proc/cache", "/dev/null/below"])
def test_a_store_that_cannot_be_made_is_refused_before_any_work(folder: str) -> None:
    with pytest.raises(
        OutputPathError, match=f"cache folder {folder}; expected a folder that can be written"
    ):
        Store(Path(folder)).require()


def test_looking_at_a_store_leaves_nothing(tmp_path: Path) -> None:
    Store(tmp_path / "new" / "store").require()
    Store(tmp_path).require()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_that_of_the_store(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "half"))

    with pytest.raises(OutputPathError, match=f"the disk of {tmp_path} is full"):
        Store(tmp_path).get("kind", "key", full)
    assert folders(tmp_path / "kind") == []
