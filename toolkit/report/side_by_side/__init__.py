"""Compares several runs: reads their reports, collects their figures in a table, shows it."""

from toolkit.report.side_by_side.compare import SideBySide, compare, read_runs
from toolkit.report.side_by_side.write import write

__all__ = ["SideBySide", "compare", "read_runs", "write"]
