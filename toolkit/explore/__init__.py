"""Early exit against the same network without it, for budgets of resources.

:mod:`toolkit.explore.budgets` and :mod:`toolkit.explore.reference` are not imported here, so that results are
read without loading a compiler.
"""

from toolkit.explore.comparison import Comparison

__all__ = ["Comparison"]
