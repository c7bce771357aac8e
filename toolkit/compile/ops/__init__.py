"""Custom operations that FINN+ has no RTL for, registered with it on import.

``MaxPoolNHWC`` becomes ``MaxPool_rtl``; the integer bias of a classifier becomes ``BiasAdd_rtl``.
"""

from finn.custom_op.fpgadataflow.rtl import register_custom_op

from toolkit.compile.ops.bias import BiasAdd_rtl
from toolkit.compile.ops.pool import MaxPool_rtl

register_custom_op(MaxPool_rtl)
register_custom_op(BiasAdd_rtl)

__all__ = ["BiasAdd_rtl", "MaxPool_rtl"]
