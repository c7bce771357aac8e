"""Compiles segments to RTL with FINN+, without Vivado, Vitis HLS or a container.

This module loads in milliseconds; FINN+ is imported on the first compilation.
"""

from toolkit.compile.build import compile_segments, fold_for_board, segment_candidates
from toolkit.compile.collection import Segments
from toolkit.compile.segment import Node, Segment

__all__ = ["Node", "Segment", "Segments", "compile_segments", "fold_for_board", "segment_candidates"]
