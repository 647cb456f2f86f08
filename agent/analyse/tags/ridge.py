"""Kernel ridge regression that tells what it would have said of each text without having been taught with it.

Source:
    Saunders, Gammerman, Vovk 1998, Ridge Regression Learning Algorithm in Dual Variables; leave-one-out in closed form as
    in Cawley, Talbot 2004, Fast exact leave-one-out cross-validation of sparse least-squares support vector machines.
"""

from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Matrix = NDArray[np.float32]

# SciPy ships no types.
_linalg: Any = linalg


@dataclass(frozen=True, slots=True)
class Ridge:
    """The inverse of likeness plus noise, from which any targets are learnt by one product."""

    inverse: Matrix

    @classmethod
    def of(cls, gram: Matrix, noise: Matrix) -> Self:
        """Prepare to learn.

        Args:
            gram: Likeness of the texts to each other, shape `(n, n)`; it is overwritten.
            noise: How far each text's targets may be wrong, shape `(n,)`, above 0.
        """
        gram[np.diag_indices(len(gram))] += noise
        inverse = _linalg.inv(gram, overwrite_a=True, check_finite=False)
        return cls(np.asarray(inverse, dtype=np.float32))

    def without(self, rows: NDArray[np.bool_]) -> Self:
        """Return what remains to learn from once some texts are gone, shape `(n,)`; nothing is inverted anew but they."""
        kept = ~rows
        across = self.inverse[np.ix_(kept, rows)]
        gone = _linalg.solve(self.inverse[np.ix_(rows, rows)], across.T, check_finite=False, assume_a="pos")
        return type(self)(np.asarray(self.inverse[np.ix_(kept, kept)] - across @ gone, dtype=np.float32))

    def coefficients(self, targets: Matrix) -> Matrix:
        """Return what each text adds to the scores of texts like it, shape `(n, k)` for targets of that shape."""
        return cast("Matrix", self.inverse @ targets)

    def left_out(self, targets: Matrix, coefficients: Matrix) -> Matrix:
        """Return the score of each text as learnt from all others, shape `(n, k)`."""
        return cast("Matrix", targets - coefficients / np.diagonal(self.inverse)[:, None])
