from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.data.idx_files import write, write_mnist
from toolkit.core.errors import BadOption, DataError, UnknownName
from toolkit.core.progress import silent
from toolkit.data import load, mnist, names

REAL = Path(os.environ.get("OFFRAMP_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))


def test_files_become_splits(tmp_path: Path) -> None:
    dataset = mnist.assemble(tmp_path, write_mnist(tmp_path), seed=0)
    assert [len(split) for _, split in dataset.splits()] == [200, 20, 20, 30]
    assert dataset.image_shape == (1, 28, 28)
    assert dataset.test.labels.tolist() == [index % 10 for index in range(30)]
    again = mnist.assemble(tmp_path, write_mnist(tmp_path), seed=0)
    other = mnist.assemble(tmp_path, write_mnist(tmp_path), seed=1)
    assert dataset.digest == again.digest != other.digest


def test_images_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    dataset = mnist.assemble(tmp_path, write_mnist(tmp_path), seed=0)
    for _, split in dataset.splits():
        with pytest.raises(ValueError, match="read-only"):
            split.images[0] = 0


def test_labels_given_as_images_are_refused(tmp_path: Path) -> None:
    files = write_mnist(tmp_path)
    shutil.copy(tmp_path / files[1].name, tmp_path / files[0].name)
    with pytest.raises(DataError, match="expected 240 images of 28x28; found 240 labels"):
        mnist.assemble(tmp_path, files, seed=0)


def test_files_of_the_other_part_are_refused(tmp_path: Path) -> None:
    files = write_mnist(tmp_path)
    shutil.copy(tmp_path / files[3].name, tmp_path / files[1].name)
    with pytest.raises(DataError, match="expected 240 labels; found 30 labels"):
        mnist.assemble(tmp_path, files, seed=0)


def test_well_formed_but_unofficial_files_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    write(folder, mnist.FILES[0].name, np.zeros((60000, 28, 28), dtype=np.uint8))
    with pytest.raises(DataError, match="not the official file"):
        load("mnist", tmp_path)


def test_a_missing_folder_names_the_files(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / ("n" * 300)):
        with pytest.raises(DataError, match=r"does not exist.*train-images-idx3-ubyte.gz"):
            load("mnist", folder)


def test_an_unknown_dataset_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean mnist"):
        load("mnits")
    assert names() == ("digits", "mnist")


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(BadOption, match="found -1"):
        load("digits", seed=-1)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server on this machine: (address, folder served)."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", folder
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_download_checks_reports_and_caches(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    files, cache = write_mnist(served), tmp_path / "cache"
    seen: list[tuple[str, int, int]] = []
    mnist.download(cache, lambda *call: seen.append(call), files, [address])
    sizes = {file.name: (served / file.name).stat().st_size for file in files}
    assert {name: done for name, done, total in seen if done == total} == sizes
    assert all(done <= total for _, done, total in seen)
    assert len(mnist.assemble(cache, files, seed=0).test) == 30
    shutil.rmtree(served)
    mnist.download(cache, silent, files, [address])  # nothing is fetched a second time


def test_a_bad_mirror_is_passed_over(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    files = write_mnist(served)
    (served / "bad").mkdir()
    write_mnist(served / "bad", train=120)
    cache = tmp_path / "cache"
    mnist.download(cache, silent, files, [address + "absent/", address + "bad/", address])
    assert (cache / files[0].name).read_bytes() == (served / files[0].name).read_bytes()


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    files, cache = write_mnist(served), tmp_path / "cache"
    mnist.download(cache, silent, files, [address])
    (cache / files[2].name).write_bytes(b"half")
    mnist.download(cache, silent, files, [address])
    assert (cache / files[2].name).read_bytes() == (served / files[2].name).read_bytes()


def test_a_wrong_hash_from_every_mirror_is_an_error(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    write_mnist(served)
    cache = tmp_path / "cache"
    with pytest.raises(DataError, match=r"expected MD5 f68b3c2d.*found http://127.*hash"):
        mnist.download(cache, silent, mnist.FILES, [address])
    assert not list(cache.iterdir())


def test_no_mirror_at_all_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="DATA_DIR/mnist"):
        mnist.download(tmp_path, silent, mnist.FILES[:1], ["http://127.0.0.1:9/"])


def test_only_the_cache_is_filled_by_downloading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[Path] = []
    monkeypatch.setattr(mnist, "download", lambda folder, _: fetched.append(folder))
    monkeypatch.setenv("OFFRAMP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("OFFRAMP_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="does not exist"):
        load("mnist")
    assert fetched == [tmp_path / "cache" / "data" / "mnist"]
    monkeypatch.setenv("OFFRAMP_DATA_DIR", str(tmp_path / "own"))
    with pytest.raises(DataError, match="own/mnist does not exist"):
        load("mnist")
    assert len(fetched) == 1


@pytest.mark.skipif(
    not (REAL / "mnist").is_dir() and os.environ.get("CI") != "true",
    reason="the official MNIST files are not on this machine",
)
def test_the_real_files() -> None:
    dataset = load("mnist", REAL)
    assert [len(split) for _, split in dataset.splits()] == [50000, 5000, 5000, 10000]
    assert dataset.digest == "1a84449c638dfcc1a17428929f940d6fd7658a9fb1d175a0143f99b4cd9e2839"
    assert dataset.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(dataset.calibration.labels).min() >= 449
