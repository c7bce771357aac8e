"""Several runs side by side: read their reports, set their figures in rows, show them."""

from toolkit.report.side_by_side.compare import SideBySide, compare, read_runs
from toolkit.report.side_by_side.write import write

__all__ = ["SideBySide", "compare", "read_runs", "write"]
