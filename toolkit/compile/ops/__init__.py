"""Custom operations for which FINN+ has no RTL; importing this package registers them with FINN+.

``Im2Col`` becomes ``Window_rtl``, ``MaxPoolNHWC`` becomes ``MaxPool_rtl``, ``DepthwiseNHWC`` becomes
``Depthwise_rtl`` and a classifier's integer bias ``BiasAdd_rtl``.
"""

from finn.custom_op.fpgadataflow.rtl import register_custom_op

from toolkit.compile.ops.bias import BiasAdd_rtl
from toolkit.compile.ops.depthwise import Depthwise_rtl
from toolkit.compile.ops.pool import MaxPool_rtl
from toolkit.compile.ops.window import Window_rtl

register_custom_op(MaxPool_rtl)
register_custom_op(BiasAdd_rtl)
register_custom_op(Window_rtl)
register_custom_op(Depthwise_rtl)

__all__ = ["BiasAdd_rtl", "Depthwise_rtl", "MaxPool_rtl", "Window_rtl"]
