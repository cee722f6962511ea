"""How much of a function's variance each parameter causes alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tuner_component.search_space.columns import Column
from tuner_component.search_space.encoding import Encoding

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]

_NUM_DRAWN = 2048
_NUM_EVALUATIONS = 40_000
_LEAST_RESTS, _MOST_RESTS = 16, 128
_NUM_LEVELS, _NUM_UNORDERED = 16, 64
_NUM_SHARES = 960  # Divides evenly among 2, 3, 4, 5, 6, 8, 10, 12, 15 and 16 values.


def decomposed(
    encoding: Encoding, function: Function, rng: np.random.Generator
) -> tuple[Array, float]:
    """Returns the variances of the main effects, and that of the function.

    Configurations are drawn like `SearchSpace.draw` draws them, whatever the
    constraints: the effects are defined for independent parameters. That of a
    parameter is the variance, over its values, of the function's mean over all others.
    For a parameter that is not always active, only configurations where it is count,
    and the variance is multiplied by their share: that keeps it uncorrelated with the
    effects of its parents, which include what becomes active by them. So the effects
    add up to the function's variance at most; the rest are interactions.

    Args:
        encoding: Of the space.
        function: Takes features of shape `(n, num_features)`; returns shape `(n,)`.
        rng: Draws the configurations.

    Returns:
        The variance of each main effect, shape `(num_parameters,)`, >= 0; and the
        function's, >= 0. Both are estimates from a sample.

    Reference:
        Hutter et al., 2014, An Efficient Approach for Assessing Hyperparameter
        Importance, ICML, eqs. 4 to 7 (there exact, for a random forest).
    """
    drawn = _drawn(encoding, rng)
    settled = encoding.settle(drawn)
    effects = np.zeros(len(encoding.columns))
    num_varied = sum(column.num_features > 0 for column in encoding.columns)
    num_rests = _NUM_EVALUATIONS // (_NUM_LEVELS * max(num_varied, 1))
    num_rests = int(np.clip(num_rests, _LEAST_RESTS, _MOST_RESTS))
    for index, column in enumerate(encoding.columns):
        active = ~np.isnan(settled[:, index])
        rests = drawn[active][:num_rests]
        if column.num_features and len(rests) > 1:
            levels, weights = _levels(column)
            means = _table(encoding, function, rests, index, levels)
            effects[index] = active.mean() * _variance_of_rows(means, weights)
    return effects, float(function(encoding.features(settled)).var())


def _drawn(encoding: Encoding, rng: np.random.Generator) -> Array:
    """Returns codes of all parameters, active or not, from a Latin hypercube."""
    shape = _NUM_DRAWN, len(encoding.columns)
    intervals = rng.permuted(np.indices(shape)[0], axis=0)
    shares = (intervals + rng.random(shape)) / _NUM_DRAWN
    drawn = [each.quantile(shares[:, i]) for i, each in enumerate(encoding.columns)]
    return np.stack(drawn, axis=1)


def _levels(column: Column) -> tuple[Array, Array]:
    """Returns codes that stand for all of a parameter's, and how often each comes.

    They are all that there are, if those are few.
    """
    most = _NUM_LEVELS if column.is_ordered else _NUM_UNORDERED
    codes, counts = np.unique(
        column.quantile((np.arange(_NUM_SHARES) + 0.5) / _NUM_SHARES),
        return_counts=True,
    )
    if len(codes) > most:
        codes = column.quantile((np.arange(most) + 0.5) / most)
        counts = np.ones(most, int)
    return codes, counts / counts.sum()


def _table(
    encoding: Encoding, function: Function, rests: Array, index: int, levels: Array
) -> Array:
    """Returns the function with each level in each of the other configurations.

    The same others for every level: what they do alone cancels between rows.

    Returns:
        Shape `(num_levels, num_rests)`.
    """
    codes = np.tile(rests, (len(levels), 1))
    codes[:, index] = np.repeat(levels, len(rests))
    values = function(encoding.features(encoding.settle(codes)))
    return values.reshape(len(levels), len(rests))


def _variance_of_rows(table: Array, weights: Array) -> float:
    """Returns the variance of the rows' means, without what chance adds to it.

    Args:
        table: Shape `(num_rows, num_columns)`, two columns at least.
        weights: Of the rows, shape `(num_rows,)`, sum 1.

    Reference:
        Searle et al., 1992, Variance Components, section 4.3 (the two-way layout).
    """
    num_columns = table.shape[1]
    table = table - weights @ table
    means = table.mean(1)
    interaction = weights @ (table - means[:, None]).var(1, ddof=1)
    return max(float(weights @ means**2 - interaction / num_columns), 0.0)
