"""Hand-written SystemVerilog, one module per file: the layers' units and what streams need between them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def block(name: str) -> Path:
    """File of the module ``offramp_NAME``."""
    return FOLDER / f"offramp_{name}.sv"
