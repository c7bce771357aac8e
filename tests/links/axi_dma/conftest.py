"""Systems between AXI models, each compiled once: of the two odd stages, and of ``b_lenet_se``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.links.axi_dma import odd

if TYPE_CHECKING:
    from tests.links.axi_dma.networks import Network
    from tests.links.axi_dma.simulated.system import CocotbSystem


@pytest.fixture(scope="session")
def odd_system(tmp_path_factory: pytest.TempPathFactory) -> CocotbSystem:
    pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")
    from tests.links.axi_dma.simulated.system import CocotbSystem

    folder = tmp_path_factory.mktemp("odd")
    return CocotbSystem.of(odd.accelerators(folder), folder)


@pytest.fixture(scope="session")
def lenet_system(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, CocotbSystem]:
    """The network with 100 test images, and its system."""
    pytest.importorskip("cocotbext.axi", reason="the AXI models are cocotbext-axi's (extra 'dev')")
    from tests.links.axi_dma.networks import lenet
    from tests.links.axi_dma.simulated.system import CocotbSystem

    folder = tmp_path_factory.mktemp("lenet")
    network = lenet(100, folder)
    return network, CocotbSystem.of(network.stages, folder / "top")
