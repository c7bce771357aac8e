"""Random faults put into composed accelerators, to see that directed verification finds each of them."""

from toolkit.verify.mutants.result import Mutant, Mutants
from toolkit.verify.mutants.run import MutationRun

__all__ = ["Mutant", "Mutants", "MutationRun"]
