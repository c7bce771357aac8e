"""A user's own pictures: whole folders, and everything that may be wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from toolkit.cli import run
from toolkit.core.errors import BadOption, DataError
from toolkit.data import Dataset, OwnData, load, own_digests
from toolkit.data.request import Colour

GREY, RGB = (6, 5), (6, 5, 3)


def write(root: Path, count: int = 20, shape: tuple[int, ...] = RGB, suffix: str = "png") -> Path:
    """Two classes of pictures; those of cats are dark."""
    generator = np.random.default_rng(0)
    for name, low in (("cat", 0), ("dog", 128)):
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = generator.integers(low, low + 128, shape, dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03}.{suffix}")
    return root


def read(
    root: Path, size: tuple[int, int] | None = None, colour: Colour | None = None, seed: int = 0
) -> Dataset:
    return load("imagefolder", seed=seed, own=OwnData(root, size, colour))


def test_a_folder_per_class_is_split_by_seed(tmp_path: Path) -> None:
    dataset = read(write(tmp_path))
    assert dataset.classes == ("cat", "dog")
    assert [len(split) for _, split in dataset.splits()] == [24, 4, 4, 8]
    assert dataset.image_shape == (3, 6, 5)
    for _, split in dataset.splits():
        assert ((split.images.mean(axis=(1, 2, 3)) > 128) == (split.labels == 1)).all()
    other = read(tmp_path, seed=1)
    assert np.array_equal(dataset.test.images, other.test.images)
    assert dataset.digest != other.digest
    assert read(tmp_path).digest == dataset.digest


def test_test_pictures_may_be_given(tmp_path: Path) -> None:
    write(tmp_path / "train", 16)
    write(tmp_path / "test", 3)
    dataset = read(tmp_path)
    assert [len(split) for _, split in dataset.splits()] == [24, 4, 4, 6]
    (tmp_path / "test" / "cat").rename(tmp_path / "test" / "cow")
    with pytest.raises(DataError, match="expected the same for train and test; found cat, cow"):
        read(tmp_path)


def test_pictures_are_resized_and_converted_as_asked(tmp_path: Path) -> None:
    write(tmp_path, shape=GREY)
    assert read(tmp_path).image_shape == (1, 6, 5)
    rgb = read(tmp_path, (4, 8), "rgb")
    assert rgb.image_shape == (3, 4, 8)
    assert np.array_equal(rgb.test.images[:, 0], rgb.test.images[:, 2])
    assert rgb.pictures is not None
    assert rgb.pictures.model_dump() == {"size": (4, 8), "colour": "rgb", "resize": True, "convert": True}
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(tmp_path / "cat" / "odd.bmp")
    assert len(read(tmp_path, (6, 5), "grey").test) == 8


@pytest.mark.parametrize("suffix", ["bmp", "gif", "jpg", "ppm", "tif", "webp", "tga", "jp2", "qoi"])
def test_any_format_of_pillow(tmp_path: Path, suffix: str) -> None:
    assert read(write(tmp_path, suffix=suffix)).image_shape == (3, 6, 5)


def test_a_photograph_lies_as_its_camera_says(tmp_path: Path) -> None:
    write(tmp_path)
    exif = Image.Exif()
    exif[0x112] = 6  # a quarter turn
    Image.fromarray(np.zeros((5, 6, 3), np.uint8)).save(tmp_path / "cat" / "turned.jpg", exif=exif)
    assert read(tmp_path, colour="rgb").image_shape == (3, 6, 5)
    with pytest.raises(DataError, match=r"turned\.jpg: 3x5x6 instead of 3x6x5"):
        read(tmp_path)


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path)
    for name in (".DS_Store", "Thumbs.db"):
        (tmp_path / "cat" / name).touch()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "readme.txt").touch()
    assert read(tmp_path).classes == ("cat", "dog")


def save(path: Path, array: Any, mode: str = "", **more: Any) -> None:
    picture = Image.fromarray(np.asarray(array))
    (picture.convert(mode) if mode else picture).save(path, **more)


def test_all_pictures_that_cannot_be_used_are_named_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "own")
    clear = np.zeros((6, 5, 4), np.uint8)
    frames = [Image.fromarray(np.full(RGB, k, np.uint8)) for k in (0, 99)]
    cut = root / "cat" / "001.png"
    cut.write_bytes(cut.read_bytes()[:-30])
    (root / "cat" / "text.png").write_text("no picture")
    (root / "dog" / "empty.jpg").touch()
    (root / "dog" / "below").mkdir()
    (root / "dog" / "a.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 6\n%%EndComments\n")
    save(root / "dog" / "clear.png", clear)
    save(root / "dog" / "deep.png", np.zeros(GREY, np.uint16))
    save(root / "dog" / "float.tif", np.zeros(GREY, np.float32))
    frames[0].save(root / "dog" / "film.gif", save_all=True, append_images=frames[1:])
    bad = ["cat/001.png", "cat/text.png"]
    bad += [f"dog/{name}" for name in ("a.eps", "below", "clear.png", "deep.png", "empty.jpg")]
    bad += [f"dog/{name}" for name in ("film.gif", "float.tif")]
    with pytest.raises(DataError, match=r"found 9 of 48 cannot be used: cat/001\.png: ") as caught:
        read(root, (6, 5), "rgb")
    assert [line.partition(": ")[0] for line in caught.value.details] == bad
    arguments = ["train", "b_lenet_se", "--dataset=imagefolder", f"--data-path={root}", "--image-size=28"]
    assert run([*arguments, "--quiet", f"--out={tmp_path / 'run'}"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0].strip() for line in lines[-len(bad) :]] == bad


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "YCbCr"])
def test_other_kinds_of_pixels_are_converted_where_that_is_asked(tmp_path: Path, mode: str) -> None:
    write(tmp_path)
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    save(tmp_path / "cat" / f"x.{suffix}", np.full(RGB, 7, np.uint8), mode)
    assert read(tmp_path, colour="rgb").image_shape == (3, 6, 5)
    assert read(tmp_path, colour="grey").image_shape == (1, 6, 5)
    if mode != "P":
        with pytest.raises(DataError, match=r"x\.\w+: expected"):
            read(tmp_path)


def an_empty_class(root: Path) -> None:
    for name in ("ant", "bee"):
        (root / name).mkdir()
    (root / "bee" / ".hidden").touch()


def one_class(root: Path) -> None:
    for path in (root / "dog").iterdir():
        path.unlink()
    (root / "dog").rmdir()


def no_class(root: Path) -> None:
    one_class(root)
    (root / "cat").rename(root / ".cat")


def too_few(root: Path) -> None:
    for path in sorted((root / "dog").iterdir())[2:]:
        path.unlink()


def another_size(root: Path) -> None:
    for name in ("a", "b"):
        save(root / "dog" / f"{name}.png", np.zeros((7, 5, 3), np.uint8))
    save(root / "cat" / "grey.png", np.zeros(GREY, np.uint8))


WRONG: dict[Callable[[Path], None], str] = {
    an_empty_class: "expected pictures in every class; found none in ant, bee. Put pictures there",
    one_class: "for each of at least two classes; found cat",
    no_class: "for each of at least two classes; found no folder",
    too_few: r"too few images for the split; .* found none of dog for \w+.*20 images of each class are",
    another_size: r"found 3 of 43 have another size or colour than the others: cat/grey\.png: 1x6x5 instead",
}


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change.__name__)
def test_what_may_be_wrong_with_a_folder(tmp_path: Path, change: Callable[[Path], None]) -> None:
    write(tmp_path)
    change(tmp_path)
    with pytest.raises(DataError, match=WRONG[change]):
        read(tmp_path)


def test_a_file_or_nothing_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "missing", tmp_path / ("n" * 300)):
        with pytest.raises(DataError, match=r"folder .*(cannot be read|is missing)"):
            read(path)
    with pytest.raises(BadOption, match="dataset imagefolder; expected the path of your data"):
        load("imagefolder")


def test_a_changed_picture_changes_the_digest_of_the_files(tmp_path: Path) -> None:
    write(tmp_path)
    before = own_digests(tmp_path)
    save(tmp_path / "cat" / "000.png", np.zeros(RGB, np.uint8))
    assert own_digests(tmp_path) != before
    with pytest.raises(DataError, match="is missing"):
        own_digests(tmp_path / "gone")
