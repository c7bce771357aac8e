"""Links are found by their folders and by their scheme."""

from __future__ import annotations

import pytest

from toolkit import links
from toolkit.core.errors import BadOption, UnknownName
from toolkit.families.resources import Resources
from toolkit.links.serial import LINK


def test_the_links_that_ship() -> None:
    assert links.names() == ["axi_dma", "serial"]
    assert links.link("serial") is LINK
    assert links.chip_side("serial").outputs == ("serial_tx",)


def test_buffers_are_as_large_as_what_they_hold() -> None:
    """For B_Lenet what Yosys finds: 14; for three exits and large maps most of a chip's memory."""
    serial = links.chip_side("serial")
    assert serial.with_buffers(8 * 28 * 28, (5 * 16 * 16 * 4,)) == Resources(lut=1200, bram=14)
    image, maps = 8 * 3 * 32 * 32, (32 * 15 * 15 * 4, 96 * 7 * 7 * 4)
    assert serial.with_buffers(image, maps).bram == 2 + 6 + 57 + 37


def test_a_device_is_a_scheme_and_an_address() -> None:
    assert links.of_device("serial:/dev/ttyUSB0") == (LINK, "/dev/ttyUSB0")
    assert links.of_device("serial:tcp:7") == (LINK, "tcp:7"), "the first colon counts"


@pytest.mark.parametrize("name", ["serial", "serial:", "usb:1", ""])
def test_any_other_device_is_refused(name: str) -> None:
    with pytest.raises(BadOption, match=r"--device; expected simulated, pynq:FILE\.bit or serial:PORT"):
        links.of_device(name)


def test_an_unknown_link_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown link 'seriel'.*serial"):
        links.link("seriel")


def test_a_board_without_a_link_is_refused() -> None:
    with pytest.raises(BadOption, match="link of the board; expected one of axi_dma, serial; found none"):
        links.chip_side(None)
