"""Links are found by their folders and by their scheme."""

from __future__ import annotations

import pytest

from toolkit import links
from toolkit.boards import board
from toolkit.core.errors import BadOption, UnknownName
from toolkit.families.resources import Resources
from toolkit.links.serial import LINK

ULX3S = board("ulx3s-85f")


def test_the_links_that_ship() -> None:
    assert links.names() == ["axi_dma", "mmio", "serial"]
    assert links.link("serial") is LINK
    assert links.chip_side(ULX3S).outputs == ("serial_tx",)


def test_buffers_are_as_large_as_what_they_hold() -> None:
    """For B_Lenet what Yosys finds: 14; for three exits and large maps most of a chip's memory."""
    serial = links.chip_side(ULX3S)
    assert serial.with_buffers(8 * 28 * 28, (5 * 16 * 16 * 4,)) == Resources(lut=1200, bram=14)
    image, maps = 8 * 3 * 32 * 32, (32 * 15 * 15 * 4, 96 * 7 * 7 * 4)
    assert serial.with_buffers(image, maps).bram == 2 + 6 + 57 + 37


def test_a_device_is_a_scheme_and_an_address() -> None:
    assert links.of_device("serial:/dev/ttyUSB0") == (LINK, "/dev/ttyUSB0")
    assert links.of_device("serial:tcp:7") == (LINK, "tcp:7"), "the first colon counts"


@pytest.mark.parametrize("name", ["serial", "serial:", "usb:1", ""])
def test_any_other_device_is_refused(name: str) -> None:
    known = r"simulated, pynq:FILE\.bit or mmio:ADDRESS or serial:PORT"
    with pytest.raises(BadOption, match=f"--device; expected {known}"):
        links.of_device(name)


def test_an_unknown_link_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown link 'seriel'.*serial"):
        links.link("seriel")


def test_a_board_without_a_link_is_refused() -> None:
    bare = ULX3S.model_copy(update={"open_table": None})
    with pytest.raises(BadOption, match="board ulx3s-85f; expected a target: "):
        links.chip_side(bare)


def test_a_board_may_have_a_rate_of_its_own() -> None:
    slow = board("colorlight-i5")
    found = links.of_board(slow)
    assert (found.chip.rate, links.chip_side(ULX3S).rate) == ("1 Mbaud", "3 Mbaud")
    assert found.aboard(())["link"]["baud"] == slow.table.baud == 1_000_000
    assert links.of_device("serial:x", slow)[0].chip.rate == "1 Mbaud"
    assert links.of_device("serial:x", ULX3S)[0] is LINK
    assert links.of_device("pynq:x.bit", slow)[0] is links.link("axi_dma"), "of another kind"
