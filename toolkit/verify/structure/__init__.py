"""Verification without stimulus: the constants in the RTL and of the decision, read back and recomputed.

Nothing here uses the code that made them (:mod:`toolkit.compile`, :mod:`toolkit.exits`): exported graphs are
read with ``onnx`` alone, memory images and parameters by the layout that the RTL documents.
"""

from toolkit.verify.structure.check import require_structure

__all__ = ["require_structure"]
