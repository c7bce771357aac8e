"""The system of the two odd stages between AXI models, compiled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.links.axi_dma import odd

if TYPE_CHECKING:
    from tests.links.axi_dma.simulated.system import CocotbSystem


@pytest.fixture(scope="session")
def odd_system(tmp_path_factory: pytest.TempPathFactory) -> CocotbSystem:
    pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")
    from tests.links.axi_dma.simulated.system import CocotbSystem

    folder = tmp_path_factory.mktemp("odd")
    return CocotbSystem.of(odd.accelerators(folder), folder)
