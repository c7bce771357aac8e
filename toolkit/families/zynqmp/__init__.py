"""AMD's Zynq UltraScale+, with Vivado."""

from __future__ import annotations

from typing import ClassVar

from toolkit.families.amd import AmdFamily, FinnEstimator
from toolkit.families.block_design import REFERENCE_MHZ, ProcessingSystem
from toolkit.families.vivado import VivadoToolchain

ZYNQ_ULTRASCALE = ProcessingSystem(
    ip="zynq_ultra_ps_e",
    settings={
        "PSU__USE__M_AXI_GP0": 1,  # HPM0_FPD
        "PSU__USE__M_AXI_GP1": 0,
        "PSU__USE__M_AXI_GP2": 0,
        "PSU__USE__S_AXI_GP2": 1,  # HP0_FPD
        "PSU__SAXIGP2__DATA_WIDTH": 64,
        "PSU__FPGA_PL0_ENABLE": 1,
        "PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ": REFERENCE_MHZ,
    },
    clock="pl_clk0",
    reset="pl_resetn0",
    clocks=("maxihpm0_fpd_aclk", "saxihp0_fpd_aclk"),
    control="M_AXI_HPM0_FPD",
    memory="S_AXI_HP0_FPD",
    space="Data",
    segment="SAXIGP2/HP0_DDR_LOW",
    base=0xA000_0000,
    external={},
)
"""The processor of the Zynq UltraScale+ (AMD PG201)."""


class ZynqMp(AmdFamily):
    """The chip family Zynq UltraScale+."""

    parts = ("xczu",)
    estimator = FinnEstimator(operand_bits=27)
    toolchains: ClassVar = {"vivado": VivadoToolchain(ZYNQ_ULTRASCALE)}


FAMILY = ZynqMp()
