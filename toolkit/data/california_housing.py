"""``california_housing``: house values in 20,640 districts of California, for regression.

From the census of 1990 (Pace and Barry, Sparse Spatial Autoregressions, 1997). Eight figures of a district
(median income, age of the houses, rooms, bedrooms and people per household, people, latitude, longitude) are
the pixels of a frame. Each is scaled to 0..255 from the range of the middle 98 % of the districts outside the
test split, since some lie a thousand times higher, and cut off there. Labels are the median value of a house,
in thousand dollars, whole numbers from 15 to 500 (values above are given as 500).

The archive and its hash are those of scikit-learn's ``fetch_california_housing``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import DataError
from toolkit.core.reading import read_members, reading
from toolkit.data.dataset import Dataset, Split
from toolkit.data.fetch import download, require_folder, require_official
from toolkit.data.request import Request
from toolkit.data.split import kept_for_test, own_dataset, tenths
from toolkit.data.tables import frames_of

NAME = "california_housing"
MIRRORS = (
    "https://www.dcc.fc.up.pt/~ltorgo/Regression/",
    "https://ndownloader.figshare.com/files/5976036",
)
MEMBER = "CaliforniaHousing/cal_housing.data"
_COLUMNS = ("longitude", "latitude", "age", "rooms", "bedrooms", "people", "households", "income", "value")
_PERCENT = (1, 99)


@dataclass(frozen=True)
class HousingArchive:
    """The archive as published: its name, SHA-256 and number of districts."""

    name: str = "cal_housing.tgz"
    digest: str = "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681"
    districts: int = 20_640


ARCHIVE = HousingArchive()


def load(request: Request) -> Dataset:
    """Load the districts: a fifth for test, an eighth each of the others for validation and calibration.

    Raises:
        DataError: the archive is missing, damaged or not the official one, or the download failed.
    """
    if request.fetch:
        download(request.folder, [ARCHIVE], MIRRORS, request.progress)
    return assemble(request, ARCHIVE)


def assemble(request: Request, archive: HousingArchive) -> Dataset:
    """Read ``archive``, and split it.

    Raises:
        DataError: it is missing, damaged or not the one described.
    """
    require_folder(request.folder, [archive.name])
    path = request.folder / archive.name
    require_official(path, archive.digest)
    what = f"{MEMBER} in {path}"
    [content] = read_members(path, [MEMBER], what, DataError)
    figures, labels = _decode(content, archive.districts, what)
    rest, test = kept_for_test(tenths(labels))
    frames = frames_of(figures, rest, _PERCENT)
    whole, last = (Split(frames[part], labels[part]) for part in (rest, test))
    return own_dataset(NAME, (), whole, last, request.seed, what, None)


def _decode(
    content: bytes, districts: int, what: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return figures [N, 8] and labels [N] of the districts."""
    with reading(what, f"{districts:,} lines of {len(_COLUMNS)} numbers", DataError):
        rows = [line.split(",") for line in content.decode("ascii").splitlines()]
        table = np.array(rows, np.float64)
        if table.shape != (districts, len(_COLUMNS)):
            raise ValueError(f"{list(table.shape)}")
        if not np.isfinite(table).all():
            raise ValueError("one that is not finite")
        known = dict(zip(_COLUMNS, table.T, strict=True))
        if (known["households"] <= 0).any():
            raise ValueError("a district without households")
    each = [known[name] / known["households"] for name in ("rooms", "bedrooms", "people")]
    whole = (known[name] for name in ("people", "latitude", "longitude"))
    figures = np.stack([known["income"], known["age"], *each, *whole], axis=1)
    return figures, np.rint(known["value"] / 1000).astype(np.int64)
