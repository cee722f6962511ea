"""Correlations of function values at weighted squared distances."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def squared_distances(left: Array, right: Array) -> Array:
    """Returns the squared Euclidean distances between rows.

    Args:
        left: Shape `(n, d)`.
        right: Shape `(m, d)`.

    Returns:
        Shape `(n, m)`, >= 0.
    """
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1)
    return np.asarray(np.maximum(squares - 2 * left @ right.T, 0.0))


def matern(squared: Array) -> Array:
    """Returns the correlation at squared distances, in lengthscales.

    Reference:
        Rasmussen and Williams, 2006, Gaussian Processes for Machine Learning,
        eq. 4.17.
    """
    root = np.sqrt(5 * squared)
    return np.asarray((1 + root + 5 / 3 * squared) * np.exp(-root))


def exponential(squared: Array) -> Array:
    """Returns the correlation at squared distances of unordered values.

    Each difference multiplies it by the same factor, wherever it is: the exponentiated
    Hamming kernel. It is its own negative derivative.

    Reference:
        Hutter et al., 2011, Sequential Model-Based Optimization for General Algorithm
        Configuration (weighted Hamming distance kernel).
    """
    return np.asarray(np.exp(-squared))


def matern_slope(squared: Array) -> Array:
    """Returns the derivative of `matern` by the squared distance."""
    root = np.sqrt(5 * squared)
    return np.asarray(-5 / 6 * (1 + root) * np.exp(-root))


def main_effects(features: Array, ordered: npt.NDArray[np.bool_]) -> Array:
    """Returns what a sum of one function per feature is linear in.

    An ordered feature has a straight line and a parabola, which are uncorrelated and
    vary by 1/2 each over 0..1; another one has a value of its own.

    Args:
        features: Shape `(n, d)`, from 0 to 1.
        ordered: Which features are ordered, shape `(d,)`.

    Returns:
        Shape `(n, num_effects)`.
    """
    line = 2 * features[:, ordered] - 1
    parts = [
        np.sqrt(3 / 2) * line,
        np.sqrt(5 / 8) * (3 * line**2 - 1),
        np.sqrt(2) * features[:, ~ordered],
    ]
    return np.concatenate(parts, axis=1)
