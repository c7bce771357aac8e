"""Small archives in the format of the published one, which is not at hand."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from toolkit.core.errors import DataError
from toolkit.data import load
from toolkit.data.california_housing import MEMBER, HousingArchive, assemble
from toolkit.data.request import Request

COUNT = 400


def lines(count: int = COUNT) -> list[str]:
    """Districts whose value and income follow their number, of 2, 3, 4 ... households."""
    return [
        f"{-120 - n % 5:f},{36 + n % 4:f},{n % 52:f},{6 * (n + 2):f},{n + 2:f},{3 * (n + 2):f},"
        f"{n + 2:f},{1 + n / 100:f},{1000 * (n + 15):f}"
        for n in range(count)
    ]


def write(folder: Path, text: list[str], name: str = MEMBER) -> HousingArchive:
    """Write an archive, and return the description that fits it."""
    content = "\n".join([*text, ""]).encode()
    with tarfile.open(folder / HousingArchive.name, "w:gz") as opened:
        (member := tarfile.TarInfo(name)).size = len(content)
        opened.addfile(member, io.BytesIO(content))
    digest = hashlib.sha256((folder / HousingArchive.name).read_bytes()).hexdigest()
    return HousingArchive(digest=digest, districts=COUNT)


def test_districts_become_frames_with_values(tmp_path: Path) -> None:
    archive = write(tmp_path, lines())
    dataset = assemble(Request(tmp_path), archive)
    assert (dataset.classes, dataset.image_shape) == ((), (1, 1, 8))
    assert [len(split) for _, split in dataset.splits()] == [240, 40, 40, 80]
    labels = np.concatenate([split.labels for _, split in dataset.splits()])
    assert sorted(labels) == list(range(15, 15 + COUNT))
    frames = np.concatenate([split.images for _, split in dataset.splits()])[:, 0, 0]
    ordered = frames[np.argsort(labels)]
    assert (np.diff(ordered[:, 0].astype(int)) >= 0).all(), "income rises with the value"
    assert (ordered[0, 0], ordered[-1, 0]) == (0, 255)
    assert (ordered[:, 2:5] == ordered[0, 2:5]).all(), "rooms, bedrooms and people per household are constant"
    assert (ordered[0, 6], ordered[0, 7], ordered[4, 6], ordered[4, 7]) == (0, 255, 0, 0)


def test_the_seed_moves_the_split_but_not_the_test_frames(tmp_path: Path) -> None:
    archive = write(tmp_path, lines())
    one, other = (assemble(Request(tmp_path, seed=seed), archive) for seed in (0, 1))
    assert np.array_equal(one.test.labels, other.test.labels)
    assert not np.array_equal(one.train.labels, other.train.labels)


WRONG = {
    "a district too few": (lines(COUNT - 1), rf"expected {COUNT} lines of 9 numbers; found .*399, 9"),
    "a column too few": ([line.rsplit(",", 1)[0] for line in lines()], "400, 8"),
    "a ragged line": ([*lines(COUNT - 1), "1,2"], "cannot be read"),
    "a word": ([*lines(COUNT - 1), "1,2,3,4,5,6,7,8,many"], "many"),
    "not finite": ([*lines(COUNT - 1), "1,2,3,4,5,6,7,8,inf"], "not finite"),
    "no households": ([*lines(COUNT - 1), "1,2,3,4,5,6,0,8,9"], "without households"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_table_of_districts(tmp_path: Path, kind: str) -> None:
    text, words = WRONG[kind]
    with pytest.raises(DataError, match=words):
        assemble(Request(tmp_path), write(tmp_path, text))


def test_another_archive_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "california_housing"
    folder.mkdir()
    with pytest.raises(DataError, match=r"no CaliforniaHousing/cal_housing\.data"):
        assemble(Request(folder), write(folder, lines(), "other.data"))
    with pytest.raises(DataError, match=r"is not the official file; expected SHA256 aaa5c9a6"):
        load("california_housing", tmp_path)
    with pytest.raises(DataError, match=r"does not exist; expected a folder with cal_housing.tgz"):
        load("california_housing", tmp_path / "nowhere")
