"""The block design that a script made, rebuilt from the record of its calls, and the rules it must keep.

Every call is judged when it happens, as in Vivado: a pin must exist by then, with the parameters set so far.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.implement.vivado.catalogue import IPS, Ip, Pins
from tests.implement.vivado.recorded import Record, words

OPTIONS = {
    "create_bd_cell": {"-type": 1, "-vlnv": 1, "-reference": 1},
    "create_bd_intf_port": {"-mode": 1, "-vlnv": 1},
    "assign_bd_address": {"-offset": 1, "-range": 1, "-target_address_space": 1},
    "set_property": {"-dict": 1},
    "create_project": {"-force": 0, "-part": 1},
    "add_files": {"-norecurse": 0},
    "make_wrapper": {"-files": 1, "-top": 0},
    "update_compile_order": {"-fileset": 1},
    "get_ipdefs": {"-quiet": 0},
    "get_parts": {"-quiet": 0},
    "get_timing_paths": {"-quiet": 0, "-max_paths": 1, "-delay_type": 1},
    "report_utilization": {"-file": 1},
    "report_timing_summary": {"-max_paths": 1, "-file": 1},
    "report_power": {"-file": 1},
    "write_bitstream": {"-force": 0},
}
"""Options of Vivado's commands, with their number of values (UG835)."""
MODULE_INTERFACE = {"awaddr": ("s_axi", "lite"), "tdata": ("axis", "stream")}
SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Refused(AssertionError):
    """Vivado would refuse this."""


def options(call: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split the words of a call into options and the rest."""
    known, found, rest, at = OPTIONS.get(call[0], {}), {}, [], 1
    while at < len(call):
        word = call[at]
        if re.match(r"-[a-z]", word):
            if word not in known:
                raise Refused(f"{call[0]} has no option {word}")
            found[word] = call[at + 1] if known[word] else ""
            at += known[word]
        else:
            rest.append(word)
        at += 1
    return found, rest


@dataclass
class Cell:
    ip: Ip | None
    module: Pins | None = None
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def pins(self) -> Pins:
        return self.module if self.module is not None else self.ip.pins(self.settings)


@dataclass
class Diagram:
    """Cells; nets by the pin that drives; pairs of interfaces; (space, segment) -> (offset, size)."""

    cells: dict[str, Cell] = field(default_factory=dict)
    nets: dict[str, list[str]] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    external: list[tuple[str, str]] = field(default_factory=list)
    addresses: dict[tuple[str, str], tuple[int, int] | None] = field(default_factory=dict)
    validated: bool = False

    def pin(self, name: str) -> tuple[str, str]:
        cell, _, pin = name.partition("/")
        if cell not in self.cells or pin not in (known := self.cells[cell].pins.pins):
            raise Refused(f"no pin {name}")
        return known[pin]

    def interface(self, name: str) -> tuple[str, str]:
        cell, _, pin = name.partition("/")
        if cell not in self.cells or pin not in (known := self.cells[cell].pins.interfaces):
            raise Refused(f"no interface {name}")
        return known[pin]


def diagram(record: Record, folder: Path) -> Diagram:
    """Replay a record; ``folder`` has the RTL of the modules that it refers to."""
    found = Diagram()
    for call in record.calls:
        given, rest = options(call)
        match call[0]:
            case "create_bd_cell":
                _create(found, given, rest, folder)
            case "set_property" if "-dict" in given:
                _set(found, words(given["-dict"]), rest[0])
            case "create_bd_intf_port":
                found.ports[rest[0]] = given["-vlnv"]
            case "connect_bd_intf_net":
                _link(found, *rest)
            case "connect_bd_net":
                _drive(found, *rest)
            case "assign_bd_address":
                _assign(found, given, rest[0])
            case "validate_bd_design":
                found.validated = True
    return found


def _create(found: Diagram, given: dict[str, str], rest: list[str], folder: Path) -> None:
    (name,) = rest
    if name in found.cells:
        raise Refused(f"a second cell {name}")
    if given["-type"] == "module":
        found.cells[name] = Cell(None, module_pins(given["-reference"], folder))
        return
    vendor, library, ip, version = given["-vlnv"].split(":")
    if (vendor, library) != ("xilinx.com", "ip") or ip not in IPS or IPS[ip].version != version:
        raise Refused(f"no IP {given['-vlnv']}")
    found.cells[name] = Cell(IPS[ip])


def _set(found: Diagram, pairs: list[str], cell: str) -> None:
    if cell not in found.cells:
        raise Refused(f"no cell {cell}")
    one = found.cells[cell]
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        setting = name.removeprefix("CONFIG.")
        if name == setting or one.ip is None or setting not in one.ip.parameters:
            raise Refused(f"{cell} has no parameter {name}")
        one.settings[setting] = value


def _link(found: Diagram, first: str, second: str) -> None:
    if first in found.ports:
        found.interface(second)
        found.external.append((second, first))
        return
    mode, kind = found.interface(first)
    other, taken = found.interface(second)
    if (mode, other) != ("master", "slave"):
        raise Refused(f"{first} is a {mode}, {second} a {other}")
    if kind != taken and ("any" not in (kind, taken) or "stream" in (kind, taken)):
        raise Refused(f"{first} is of {kind}, {second} of {taken}")
    found.links.append((first, second))


def _drive(found: Diagram, first: str, second: str) -> None:
    (way, kind), (back, taken) = found.pin(first), found.pin(second)
    if (way, back) != ("out", "in") or kind != taken:
        raise Refused(f"{first} ({way}, {kind}) cannot drive {second} ({back}, {taken})")
    found.nets.setdefault(first, []).append(second)


def _assign(found: Diagram, given: dict[str, str], segment: str) -> None:
    space = given["-target_address_space"]
    spaces = {f"{name}/{one}" for name, cell in found.cells.items() for one in cell.pins.spaces.values()}
    segments = {f"{name}/{one}" for name, cell in found.cells.items() for one in cell.pins.segments.values()}
    if space not in spaces or segment not in segments:
        raise Refused(f"no address space {space}, or no segment {segment}")
    place = None
    if "-offset" in given:
        size = int(given["-range"][:-1]) * SIZES[given["-range"][-1]]
        place = int(given["-offset"], 16), size
    if (space, segment) in found.addresses:
        raise Refused(f"{segment} is in {space} twice")
    found.addresses[space, segment] = place


def module_pins(module: str, folder: Path) -> Pins:
    """Pins of a module as Vivado infers them from the names of its ports. It must be plain Verilog."""
    (file,) = (
        path for path in folder.rglob("*.v") if re.search(rf"^module {module}\b", path.read_text(), re.M)
    )
    text = re.sub(r"//[^\n]*|\(\*.*?\*\)", "", file.read_text(), flags=re.S)
    header = text[text.index(f"module {module}") : text.index(");")]
    ports = dict(
        reversed(found) for found in re.findall(r"(input|output)\s+wire\s*(?:\[[^\]]*\])?\s*(\w+)", header)
    )
    found = Pins(pins={"aclk": ("in", "clock"), "aresetn": ("in", "reset")})
    assert ports.pop("aclk") == ports.pop("aresetn") == "input"
    wanted = {"stream": {"tdata", "tkeep", "tlast", "tvalid", "tready"}}
    for port, direction in ports.items():
        prefix, _, part = port.rpartition("_")
        if part == "tdata":
            found.interfaces[prefix] = ("slave" if direction == "input" else "master", "stream")
        elif part == "awaddr":
            found.interfaces[prefix] = ("slave" if direction == "input" else "master", "lite")
            found.segments[prefix] = f"{prefix}/reg0"
    for name, (_, kind) in found.interfaces.items():
        parts = {port.removeprefix(f"{name}_") for port in ports if port.rpartition("_")[0] == name}
        assert kind != "stream" or parts == wanted["stream"], f"{name} has {parts}"
    assert {port.rpartition("_")[0] for port in ports} == set(found.interfaces)
    return found


def faults(of: Diagram) -> list[str]:
    """What breaks a rule: interfaces are connected once, clocks and resets driven, addresses given."""
    found = [] if of.validated else ["the design was not validated"]
    ends = Counter(name for pair in of.links for name in pair) + Counter(pin for pin, _ in of.external)
    driven = Counter(pin for pins in of.nets.values() for pin in pins)
    for cell, one in of.cells.items():
        times = {pin: ends[f"{cell}/{pin}"] for pin in one.pins.interfaces}
        found += [f"{cell}/{pin} is connected {count} times" for pin, count in times.items() if count != 1]
        for pin, (way, kind) in one.pins.pins.items():
            if way == "in" and driven[f"{cell}/{pin}"] != 1 and pin not in one.pins.optional:
                found.append(f"{kind} {cell}/{pin} is driven {driven[f'{cell}/{pin}']} times")
    found += [
        f"port {port} is not connected" for port in of.ports if port not in dict(map(reversed, of.external))
    ]
    return found + _unreached(of) + _overlaps(of)


def _unreached(of: Diagram) -> list[str]:
    """Follow each master through interconnects to the slaves that it must have addresses of."""
    slaves: dict[str, list[str]] = {}
    for master, slave in of.links:
        slaves.setdefault(master, []).append(slave)
    found = []
    for name, cell in of.cells.items():
        for pin, space in cell.pins.spaces.items():
            for slave in _behind(of, f"{name}/{pin}", slaves):
                owner, _, interface = slave.partition("/")
                segment = f"{owner}/{of.cells[owner].pins.segments[interface]}"
                if (f"{name}/{space}", segment) not in of.addresses:
                    found.append(f"{segment} has no address in {name}/{space}")
    return found


def _behind(of: Diagram, master: str, slaves: dict[str, list[str]]) -> list[str]:
    found = []
    for slave in slaves.get(master, ()):
        owner, _, interface = slave.partition("/")
        pins = of.cells[owner].pins
        if interface in pins.segments:
            found.append(slave)
        else:
            masters = [f"{owner}/{pin}" for pin, (mode, kind) in pins.interfaces.items() if mode == "master"]
            found += [one for through in masters for one in _behind(of, through, slaves)]
    return found


def _overlaps(of: Diagram) -> list[str]:
    found = []
    placed = sorted((place, pair) for pair, place in of.addresses.items() if place is not None)
    for ((offset, size), (space, segment)), following in zip(placed, [*placed[1:], None], strict=True):
        if offset % size:
            found.append(f"{segment} at {offset:#x} is not aligned to {size:#x}")
        if following is not None and following[1][0] == space and following[0][0] < offset + size:
            found.append(f"{segment} and {following[1][1]} overlap in {space}")
    return found
