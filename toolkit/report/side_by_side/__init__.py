"""Compares several runs: collects the figures of their reports in a table, shows it."""

from toolkit.report.side_by_side.compare import SideBySide, compare, named_runs
from toolkit.report.side_by_side.write import write

__all__ = ["SideBySide", "compare", "named_runs", "write"]
