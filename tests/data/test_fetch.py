"""Downloads from a web server on this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.data.idx_files import write_mnist
from toolkit.core.errors import DataError
from toolkit.core.progress import silent
from toolkit.data import california_housing, cifar10, fashion_mnist, mnist, svhn
from toolkit.data.fetch import Published, download, require_official


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
    download(cache, files, [address], lambda *call: seen.append(call))
    sizes = {file.name: (served / file.name).stat().st_size for file in files}
    assert {name: done for name, done, total in seen if done == total} == sizes
    assert all(done <= total for _, done, total in seen)
    for file in files:
        require_official(cache / file.name, file.digest)
    shutil.rmtree(served)
    download(cache, files, [address], silent)  # nothing is fetched a second time


def test_a_bad_mirror_is_passed_over(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    files = write_mnist(served)
    (served / "bad").mkdir()
    write_mnist(served / "bad", train=120)
    cache = tmp_path / "cache"
    download(cache, files, [address + "absent/", address + "bad/", address])
    assert (cache / files[0].name).read_bytes() == (served / files[0].name).read_bytes()


def test_a_damaged_cache_is_fetched_again(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    files, cache = write_mnist(served), tmp_path / "cache"
    download(cache, files, [address], silent)
    (cache / files[2].name).write_bytes(b"half")
    download(cache, files, [address], silent)
    assert (cache / files[2].name).read_bytes() == (served / files[2].name).read_bytes()


def test_a_wrong_hash_from_every_mirror_is_an_error(tmp_path: Path, mirror: tuple[str, Path]) -> None:
    address, served = mirror
    write_mnist(served)
    cache = tmp_path / "cache"
    with pytest.raises(DataError, match=r"expected MD5 f68b3c2d.*found http://127.*hash"):
        download(cache, mnist.SET.files, [address])
    assert not list(cache.iterdir())


def test_no_mirror_at_all_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="DATA_DIR/mnist"):
        download(tmp_path / "mnist", mnist.SET.files[:1], ["http://127.0.0.1:9/"])


PUBLISHED: dict[str, tuple[tuple[Published, ...], tuple[str, ...]]] = {
    "mnist": (mnist.SET.files, mnist.SET.mirrors),
    "fashion_mnist": (fashion_mnist.SET.files, fashion_mnist.SET.mirrors),
    "cifar10": ((cifar10.BINARY.archive, cifar10.PYTHON.archive), cifar10.MIRRORS),
    "svhn": (svhn.FILES, svhn.MIRRORS),
    "california_housing": ((california_housing.ARCHIVE,), california_housing.MIRRORS),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_file_has_a_hash_and_an_address(name: str) -> None:
    files, mirrors = PUBLISHED[name]
    assert len({file.digest for file in files}) == len(files)
    assert all(len(bytes.fromhex(file.digest)) in (16, 32) for file in files)
    assert all(mirror.startswith("http") for mirror in mirrors)
    assert len(files) == 1 or all(mirror.endswith("/") for mirror in mirrors)
