"""AMD's 7 series and Zynq-7000, with open tools, and with Vivado for the latter."""

from __future__ import annotations

from typing import ClassVar

from toolkit.families.amd import AmdFamily, FinnEstimator
from toolkit.families.block_design import REFERENCE_MHZ, ProcessingSystem
from toolkit.families.vivado import VivadoToolchain
from toolkit.families.xc7.estimate import OPERAND_BITS
from toolkit.families.xc7.toolchain import Xc7Toolchain

ZYNQ_7000 = ProcessingSystem(
    ip="processing_system7",
    settings={
        "PCW_USE_M_AXI_GP0": 1,
        "PCW_USE_S_AXI_HP0": 1,
        "PCW_S_AXI_HP0_DATA_WIDTH": 64,
        "PCW_EN_CLK0_PORT": 1,
        "PCW_EN_RST0_PORT": 1,
        "PCW_FPGA0_PERIPHERAL_FREQMHZ": REFERENCE_MHZ,
    },
    clock="FCLK_CLK0",
    reset="FCLK_RESET0_N",
    clocks=("M_AXI_GP0_ACLK", "S_AXI_HP0_ACLK"),
    control="M_AXI_GP0",
    memory="S_AXI_HP0",
    space="Data",
    segment="S_AXI_HP0/HP0_DDR_LOWOCM",
    base=0x4000_0000,
    external={
        "DDR": "xilinx.com:interface:ddrx_rtl:1.0",
        "FIXED_IO": "xilinx.com:display_processing_system7:fixedio_rtl:1.0",
    },
)
"""The processor of the Zynq-7000 (AMD PG082)."""


class Xc7(AmdFamily):
    """The chip family 7 series."""

    parts = ("xc7",)
    estimator = FinnEstimator(OPERAND_BITS)
    finn_part = "xc7z020clg400-1"  # DSP48E1
    versions: ClassVar = {"lut": 1, "dsp": 0}
    toolchains: ClassVar = {"vivado": VivadoToolchain(ZYNQ_7000), "open": Xc7Toolchain()}


FAMILY = Xc7()
