"""Seeded, stratified splitting: every part has the class proportions of the whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.groups import classes_of
from toolkit.data.dataset import Dataset, Labels, Split
from toolkit.data.pictures import PictureForm

Indices = npt.NDArray[np.int64]
_TEST_SHARE, _OWN_SHARE = 5, 8
TEST_SEED = 0
"""Seed of test splits that are made: the same for every seed, as in datasets with an official one."""
_TENTHS = np.linspace(0.1, 0.9, 9)


def stratified(labels: Labels, sizes: tuple[int, ...], seed: int) -> tuple[Indices, ...]:
    """Split the indices of ``labels`` [N] into disjoint parts of exactly ``sizes`` members, N in all.

    The members of each class are shuffled and spread evenly over one line of all samples; cutting that line
    anywhere leaves every class within one member of its share. Each part is returned in ascending order.

    Raises:
        DataError: the sizes do not add up to N.
    """
    if sum(sizes) != len(labels) or min(sizes) < 0:
        found = f"parts of {', '.join(map(str, sizes))}"
        raise DataError(
            "the split does not use every sample once", expected=f"{len(labels)} in all", found=found
        )
    generator = np.random.Generator(np.random.PCG64(seed))
    order = generator.permutation(len(labels))
    position = np.empty(len(labels), dtype=np.float64)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    line = order[np.argsort(position[order], kind="stable")]
    return tuple(np.sort(part) for part in np.split(line, np.cumsum(sizes)[:-1]))


def tenths(values: Labels) -> Labels:
    """Return in which tenth of all values each is, 0 to 9, so that values can be split like classes."""
    return np.searchsorted(np.quantile(values, _TENTHS), values)


def kept_for_test(alike: Labels) -> tuple[Indices, Indices]:
    """Return the indices of all but a fifth, and of that fifth, with its share of each value of ``alike``."""
    count = len(alike) // _TEST_SHARE
    rest, test = stratified(alike, (len(alike) - count, count), TEST_SEED)
    return rest, test


def held_out(whole: Split, share: int, seed: int, alike: Labels | None = None) -> tuple[Split, Split, Split]:
    """Split into training, validation and calibration: 1 / ``share`` of the images for each of the latter.

    Args:
        alike: what is spread evenly over the parts [N]; None: the labels.
    """
    count = len(whole) // share
    sizes = (len(whole) - 2 * count, count, count)
    parts = stratified(whole.labels if alike is None else alike, sizes, seed)
    train, validation, calibration = (Split(whole.images[part], whole.labels[part]) for part in parts)
    return train, validation, calibration


def own_dataset(
    name: str,
    classes: tuple[str, ...],
    whole: Split,
    test: Split | None,
    seed: int,
    what: str,
    pictures: PictureForm | None,
    groups: int = 1,
) -> Dataset:
    """Split a user's own data, of which each part must hold every class.

    Without ``classes`` labels are values, of which each part gets a fair share of every tenth.

    Args:
        whole: all images, or those that are not for test.
        test: images for test; None: a fifth of ``whole``, the same for every seed.
        seed: seed of the rest's split, of which an eighth each is for validation and calibration.
        what: name of the data in messages.
        pictures: how pictures were read, so that others are read alike.
        groups: groups of a label, each of one of the classes; each part gets a fair share of every class of
            the first.

    Raises:
        DataError: there is one class, or there are too few images for the split.
    """
    if len(classes) == 1:
        raise DataError(what, expected="at least two classes", found=1)
    alike = classes_of(whole.labels, groups, len(classes))[:, 0] if classes else tenths(whole.labels)
    if test is None:
        rest, last = kept_for_test(alike)
        test = Split(whole.images[last], whole.labels[last])
        whole, alike = Split(whole.images[rest], whole.labels[rest]), alike[rest]
    dataset = Dataset(name, classes, *held_out(whole, _OWN_SHARE, seed, alike), test, pictures, groups)
    require_every_class(dataset, what)
    return dataset


def require_every_class(dataset: Dataset, what: str) -> None:
    """Check that every part of a dataset holds every class.

    Args:
        what: name of the data in the message.

    Raises:
        DataError: there are too few images for the split; names all classes that are missing, and where.
    """
    lacking = [f"none for {name}" for name, part in dataset.splits() if not len(part)]
    for name, part in dataset.splits() if dataset.classes else ():
        of_groups = classes_of(part.labels, dataset.groups, len(dataset.classes))
        counts = np.bincount(of_groups.reshape(-1), minlength=len(dataset.classes))
        lacking += [f"none of {dataset.classes[label]} for {name}" for label in np.flatnonzero(counts == 0)]
    if lacking:
        raise DataError(
            f"{what}: too few images for the split",
            expected="at least one image of each class for training, validation, calibration and test",
            found=", ".join(lacking),
            fix="20 images of each class are always enough.",
            details=lacking,
        )
