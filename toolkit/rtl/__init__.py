"""Hand-written SystemVerilog, one module per file: layers, and queues and forks between their streams."""

from pathlib import Path

FOLDER = Path(__file__).parent


def block(name: str) -> Path:
    """Return the file of the module ``offramp_NAME``."""
    return FOLDER / f"offramp_{name}.sv"
