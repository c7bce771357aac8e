"""Small training runs that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from toolkit.data import Dataset, Split, load


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="session")
def few_digits(digits: Dataset) -> Dataset:
    """A hundred training images of ``digits``, for tests of the machinery."""
    train = Split(digits.train.images[:100].copy(), digits.train.labels[:100].copy())
    rest = Split(digits.test.images[:40].copy(), digits.test.labels[:40].copy())
    return Dataset("digits", digits.classes, train, rest, rest, rest)
