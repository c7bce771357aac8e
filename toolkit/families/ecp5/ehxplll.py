"""Declaration of the ECP5's PLL for slang: ports and parameters as in Yosys' share/ecp5/cells_bb.v, no body.

slang drops the parameters of cells that Yosys itself declares, so without this the PLL keeps its defaults.
"""

from __future__ import annotations

FILE = "ehxplll.sv"

_NUMBERS = {
    **{"CLKI_DIV": 1, "CLKFB_DIV": 1, "PLL_LOCK_MODE": 0, "PLL_LOCK_DELAY": 200},
    **{f"{clock}_DIV": 8 for clock in ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3")},
    **{f"{clock}_{kind}PHASE": 0 for clock in ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3") for kind in "CF"},
    **{"CLKOP_TRIM_DELAY": 0, "CLKOS_TRIM_DELAY": 0},
}
_TEXTS = {
    **{"CLKOP_ENABLE": "ENABLED", "INT_LOCK_STICKY": "ENABLED", "FEEDBK_PATH": "CLKOP"},
    **{f"{clock}_ENABLE": "DISABLED" for clock in ("CLKOS", "CLKOS2", "CLKOS3", "STDBY", "SYNC")},
    **{f"OUTDIVIDER_MUX{letter}": f"DIV{letter}" for letter in "ABCD"},
    **{"CLKOP_TRIM_POL": "RISING", "CLKOS_TRIM_POL": "RISING"},
    **dict.fromkeys(("REFIN_RESET", "DPHASE_SOURCE", "PLLRST_ENA", "INTFB_WAKE"), "DISABLED"),
}
_INPUTS = (
    *("CLKI", "CLKFB", "PHASESEL1", "PHASESEL0", "PHASEDIR", "PHASESTEP", "PHASELOADREG", "STDBY"),
    *("PLLWAKESYNC", "RST", "ENCLKOP", "ENCLKOS", "ENCLKOS2", "ENCLKOS3"),
)
_OUTPUTS = ("CLKOP", "CLKOS", "CLKOS2", "CLKOS3", "LOCK", "INTLOCK", "REFCLK", "CLKINTFB")


def declaration() -> str:
    """Return the module as SystemVerilog."""
    parameters = [f"parameter int {name} = {value}" for name, value in _NUMBERS.items()]
    parameters += [f'parameter {name} = "{value}"' for name, value in _TEXTS.items()]
    ports = [f"input logic {name}" for name in _INPUTS] + [f"output logic {name}" for name in _OUTPUTS]
    listed = [",\n".join(f"  {line}" for line in lines) for lines in (parameters, ports)]
    return f"(* blackbox *)\nmodule EHXPLLL #(\n{listed[0]}\n) (\n{listed[1]}\n);\nendmodule\n"
