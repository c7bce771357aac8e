"""Somebody else's QONNX file, a linear quantised chain, as integer graphs like those of an own network.

``chain`` reads and checks the file, ``functions`` and ``quantisers`` are what its nodes compute between two
layers with weights, ``fold`` turns all of that into integer weights and thresholds, ``graph`` writes them.
"""

from toolkit.export.foreign.record import ForeignFile

__all__ = ["ForeignFile"]
