"""Few points that have every part of every parameter's scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tuner_component.strategies.base import rng


class LatinHypercube:
    """Points of which each coordinate has one value in every interval.

    Unlike the first points of a Sobol sequence, a few of them do not tie the values
    of one parameter to those of another. One hypercube follows the other.

    Args:
        num_points: Points, and intervals, of a hypercube, >= 1.
        num_coordinates: Coordinates of a point, >= 0.
        seed: Fixes the points, >= 0.

    Reference:
        McKay et al., 1979, A Comparison of Three Methods for Selecting Values of
        Input Variables in the Analysis of Output from a Computer Code.
    """

    def __init__(self, num_points: int, num_coordinates: int, seed: int) -> None:
        self._shape = num_points, num_coordinates
        self._seed = seed

    def point(self, number: int) -> npt.NDArray[np.float64]:
        """Returns the point with this number, shape `(num_coordinates,)`, in 0..1.

        Args:
            number: From 0; there is no end of them.
        """
        cube, place = divmod(number, self._shape[0])
        generator = rng(self._seed, cube * self._shape[0])
        intervals = generator.permuted(np.indices(self._shape)[0], axis=0)
        points = (intervals + generator.random(self._shape)) / self._shape[0]
        point: npt.NDArray[np.float64] = points[place]
        return point
