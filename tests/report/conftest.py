"""One report that several tests look at."""

from __future__ import annotations

import pytest

from tests.report import fake_run
from toolkit.report.schema import Report
from toolkit.report.sources import Sources, collect


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return fake_run.write(tmp_path_factory.mktemp("fake-run") / "run")


@pytest.fixture(scope="session")
def report(sources: Sources) -> Report:
    return collect(sources)
