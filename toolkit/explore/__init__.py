"""Early exit against the same network without it, for budgets of resources.

What works it out, :mod:`toolkit.explore.budgets` and :mod:`toolkit.explore.reference`, is imported from
there: the result is read without loading a compiler.
"""

from toolkit.explore.comparison import Comparison

__all__ = ["Comparison"]
