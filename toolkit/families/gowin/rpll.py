"""Declaration of the rPLL for slang: ports and parameters as in Yosys' share/gowin/cells_sim.v, no body.

slang drops the parameters of cells that Yosys itself declares, so without this the PLL keeps its defaults.
"""

from __future__ import annotations

FILE = "rpll.sv"

_NUMBERS = {
    **{"IDIV_SEL": 0, "FBDIV_SEL": 0, "ODIV_SEL": 8, "CLKOUT_DLY_STEP": 0, "CLKOUTP_DLY_STEP": 0},
    "DYN_SDIV_SEL": 2,
}
_TEXTS = {
    **{"FCLKIN": "100.0", "DYN_IDIV_SEL": "false", "DYN_FBDIV_SEL": "false", "DYN_ODIV_SEL": "false"},
    **{"PSDA_SEL": "0000", "DUTYDA_SEL": "1000", "DYN_DA_EN": "false", "CLKFB_SEL": "internal"},
    **{"CLKOUT_BYPASS": "false", "CLKOUTP_BYPASS": "false", "CLKOUTD_BYPASS": "false"},
    **{"CLKOUTD_SRC": "CLKOUT", "CLKOUTD3_SRC": "CLKOUT", "DEVICE": "GW2A-18"},
}
_INPUTS = ("CLKIN", "CLKFB", "RESET", "RESET_P")
_BUSES = {"FBDSEL": 6, "IDSEL": 6, "ODSEL": 6, "DUTYDA": 4, "PSDA": 4, "FDLY": 4}
"""Inputs of several bits -> their width."""
_OUTPUTS = ("CLKOUT", "CLKOUTP", "CLKOUTD", "CLKOUTD3", "LOCK")


def declaration() -> str:
    """Return the module as SystemVerilog."""
    parameters = [f"parameter int {name} = {value}" for name, value in _NUMBERS.items()]
    parameters += [f'parameter {name} = "{value}"' for name, value in _TEXTS.items()]
    ports = [f"input logic [{bits - 1}:0] {name}" for name, bits in _BUSES.items()]
    ports += [f"input logic {name}" for name in _INPUTS]
    ports += [f"output logic {name}" for name in _OUTPUTS]
    listed = [",\n".join(f"  {line}" for line in lines) for lines in (parameters, ports)]
    return f"(* blackbox *)\nmodule rPLL #(\n{listed[0]}\n) (\n{listed[1]}\n);\nendmodule\n"
