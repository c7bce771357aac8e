"""The IPs of Vivado that plans use: their parameters and pins, as public designs have them (PG: AMD's guide).

Only what plans need is here: a parameter or pin that is not, fails the test, even if Vivado would know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Settings = Mapping[str, str]


@dataclass
class Pins:
    """Interface pins: master or slave, and of which kind; other pins: what they are; addresses.

    Attributes:
        interfaces: name -> (``master`` or ``slave``, kind). Each must be connected.
        pins: name -> (``in`` or ``out``, ``clock`` or ``reset``, or ``locked``). Each input must be driven.
        spaces: interface master -> address space.
        segments: interface slave -> segment, and whether it is memory.
        optional: pins that may stay open.
    """

    interfaces: dict[str, tuple[str, str]] = field(default_factory=dict)
    pins: dict[str, tuple[str, str]] = field(default_factory=dict)
    spaces: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ip:
    version: str
    parameters: frozenset[str]
    pins: Callable[[Settings], Pins]


def axi_dma(given: Settings) -> Pins:  # PG021
    at = {"c_include_sg": "1", "c_include_mm2s": "1", "c_include_s2mm": "1", **given}
    assert at["c_include_sg"] == "0", "a port for descriptors, which is not connected"
    found = Pins(
        {"S_AXI_LITE": ("slave", "lite")}, {"s_axi_lite_aclk": ("in", "clock"), "axi_resetn": ("in", "reset")}
    )
    found.segments["S_AXI_LITE"] = "S_AXI_LITE/Reg"
    streams = {"mm2s": ("M_AXIS_MM2S", "master"), "s2mm": ("S_AXIS_S2MM", "slave")}
    for channel, (stream, mode) in streams.items():
        if at[f"c_include_{channel}"] == "1":
            found.interfaces[f"M_AXI_{channel.upper()}"] = ("master", "memory")
            found.interfaces[stream] = (mode, "stream")
            found.pins[f"m_axi_{channel}_aclk"] = ("in", "clock")
            found.spaces[f"M_AXI_{channel.upper()}"] = f"Data_{channel.upper()}"
    return found


def smartconnect(given: Settings) -> Pins:  # PG247
    sides = (("S", "slave", int(given.get("NUM_SI", "2"))), ("M", "master", int(given.get("NUM_MI", "1"))))
    assert all(1 <= count <= 16 for _, _, count in sides)
    found = Pins(pins={"aclk": ("in", "clock"), "aresetn": ("in", "reset")})
    for letter, mode, count in sides:
        found.interfaces |= {f"{letter}{i:02d}_AXI": (mode, "any") for i in range(count)}
    return found


def processing_system7(given: Settings) -> Pins:  # PG082
    found = Pins({"DDR": ("master", "external"), "FIXED_IO": ("master", "external")})
    if given.get("PCW_EN_CLK0_PORT") == "1":
        found.pins["FCLK_CLK0"] = ("out", "clock")
    if given.get("PCW_EN_RST0_PORT") == "1":
        found.pins["FCLK_RESET0_N"] = ("out", "reset")
    if given.get("PCW_USE_M_AXI_GP0", "1") == "1":
        found.interfaces["M_AXI_GP0"] = ("master", "memory")
        found.pins["M_AXI_GP0_ACLK"] = ("in", "clock")
        found.spaces["M_AXI_GP0"] = "Data"
    if given.get("PCW_USE_S_AXI_HP0") == "1":
        found.interfaces["S_AXI_HP0"] = ("slave", "memory")
        found.pins["S_AXI_HP0_ACLK"] = ("in", "clock")
        found.segments["S_AXI_HP0"] = "S_AXI_HP0/HP0_DDR_LOWOCM"
    return found


def zynq_ultra_ps_e(given: Settings) -> Pins:  # PG201
    found = Pins(pins={"pl_resetn0": ("out", "reset")})
    if given.get("PSU__FPGA_PL0_ENABLE", "1") == "1":
        found.pins["pl_clk0"] = ("out", "clock")
    masters = (("GP0", "hpm0_fpd", "1"), ("GP1", "hpm1_fpd", "1"), ("GP2", "hpm0_lpd", "0"))
    for number, name, usual in masters:
        if given.get(f"PSU__USE__M_AXI_{number}", usual) == "1":
            found.interfaces[f"M_AXI_{name.upper()}"] = ("master", "memory")
            found.pins[f"maxi{name}_aclk"] = ("in", "clock")
            found.spaces[f"M_AXI_{name.upper()}"] = "Data"
    if given.get("PSU__USE__S_AXI_GP2", "0") == "1":
        found.interfaces["S_AXI_HP0_FPD"] = ("slave", "memory")
        found.pins["saxihp0_fpd_aclk"] = ("in", "clock")
        found.segments["S_AXI_HP0_FPD"] = "SAXIGP2/HP0_DDR_LOW"
    return found


def clk_wiz(given: Settings) -> Pins:  # PG065
    found = Pins(pins={"clk_in1": ("in", "clock"), "clk_out1": ("out", "clock")})
    if given.get("USE_LOCKED", "true") == "true":
        found.pins["locked"] = ("out", "locked")
    if given.get("USE_RESET", "true") == "true":
        low = given.get("RESET_TYPE", "ACTIVE_HIGH") == "ACTIVE_LOW"
        found.pins[given.get("RESET_PORT", "resetn" if low else "reset")] = (
            "in",
            "reset" if low else "reset, high",
        )
    return found


def proc_sys_reset(given: Settings) -> Pins:  # PG164
    inputs = {"slowest_sync_clk": "clock", "ext_reset_in": "reset", "dcm_locked": "locked"}
    high = ("mb_reset", "bus_struct_reset", "peripheral_reset")
    outputs = {**dict.fromkeys(("interconnect_aresetn", "peripheral_aresetn"), "reset")}
    pins = {name: ("in", kind) for name, kind in inputs.items()} | {n: ("out", k) for n, k in outputs.items()}
    pins |= dict.fromkeys(high, ("out", "reset, high"))
    pins |= {"aux_reset_in": ("in", "reset"), "mb_debug_sys_rst": ("in", "reset, high")}
    return Pins(pins=pins, optional=frozenset({"aux_reset_in", "mb_debug_sys_rst"}))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


IPS = {
    "axi_dma": Ip(
        "7.1",
        _names(
            "c_include_sg c_sg_length_width c_addr_width c_include_mm2s c_include_mm2s_dre "
            "c_m_axi_mm2s_data_width c_m_axis_mm2s_tdata_width c_mm2s_burst_size c_include_s2mm "
            "c_include_s2mm_dre c_m_axi_s2mm_data_width c_s2mm_burst_size"
        ),
        axi_dma,
    ),
    "smartconnect": Ip("1.0", _names("NUM_SI NUM_MI NUM_CLKS HAS_ARESETN"), smartconnect),
    "clk_wiz": Ip(
        "6.0",
        _names(
            "PRIM_IN_FREQ PRIM_IN_FREQ.VALUE_SRC PRIM_SOURCE PRIMITIVE CLKOUT1_REQUESTED_OUT_FREQ USE_LOCKED "
            "USE_RESET RESET_TYPE RESET_PORT"
        ),
        clk_wiz,
    ),
    "proc_sys_reset": Ip("5.0", _names("C_EXT_RESET_HIGH C_EXT_RST_WIDTH"), proc_sys_reset),
    "processing_system7": Ip(
        "5.5",
        _names(
            "PCW_USE_M_AXI_GP0 PCW_USE_S_AXI_HP0 PCW_S_AXI_HP0_DATA_WIDTH PCW_EN_CLK0_PORT PCW_EN_RST0_PORT "
            "PCW_FPGA0_PERIPHERAL_FREQMHZ PCW_CRYSTAL_PERIPHERAL_FREQMHZ PCW_UIPARAM_DDR_PARTNO "
            "PCW_UIPARAM_DDR_BUS_WIDTH"
        ),
        processing_system7,
    ),
    "zynq_ultra_ps_e": Ip(
        "3.5",
        _names(
            "PSU__USE__M_AXI_GP0 PSU__USE__M_AXI_GP1 PSU__USE__M_AXI_GP2 PSU__USE__S_AXI_GP2 "
            "PSU__SAXIGP2__DATA_WIDTH PSU__FPGA_PL0_ENABLE PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ "
            "PSU__PSS_REF_CLK__FREQMHZ"
        ),
        zynq_ultra_ps_e,
    ),
}
