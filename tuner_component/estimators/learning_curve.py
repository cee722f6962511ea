"""Extrapolates a learning curve: a Bayesian average over families of curves.

For every shape s, the loss after the resource t is normally distributed around
`end + drop * s(t)`, with s(first) = 1 and s(full) = 0. So `end` is the loss after the
full training and `drop` what is gained until then; both are linear, and with a
normal-inverse-gamma prior nothing has to be sampled or optimised. What is not linear,
exponents and rates, lies on a grid: each point of it is a shape of its own, and the
average over all of them is weighted by how probable each makes the losses seen so far.

Reference:
    Domhan et al., 2015, Speeding up Automatic Hyperparameter Optimization of Deep
    Neural Networks by Extrapolation of Learning Curves, IJCAI; the families and the
    rule. Closed form: conjugate linear regression, Bishop, 2006, section 3.3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.estimators.student import student_cdf

Array = npt.NDArray[np.float64]

LEAST_POINTS = 4
"""A shorter curve says nothing."""

_PRIOR_VARIANCE = 1e6
"""Of `end` and `drop`, as a multiple of the noise's."""
_PRIOR_NOISE = 0.01
"""Standard deviation of the noise, as a share of the range of the losses seen."""
_PRIOR_POINTS = 2.0
"""How many points the prior of the noise counts for."""
_RECENCY = 4.0
"""The n-th of N points counts for (n / N) ** 4: the shapes hold better for the end."""
_DOUBT = 0.5
"""Standard deviation of what is still to be gained, as a share of its estimate: no
shape is quite right, and the error grows with what it foretells."""


_EXPONENTS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_HALF_LIVES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)
_Shape = Callable[[Array, float], Array]

# Of the resource, in units of the first point's, and of the full training in the same.
_SHAPES: tuple[_Shape, ...] = (
    *(
        lambda t, _, exponent=exponent, shift=shift: (t + shift) ** -exponent
        for exponent in _EXPONENTS
        for shift in (0.0, 2.0, 8.0)
    ),
    *(
        lambda t, full, share=share: np.exp(-t / (share * full))
        for share in _HALF_LIVES
    ),
    *(lambda t, _, shift=shift: -np.log(t + shift) for shift in (0.0, 1.0, 4.0, 16.0)),
    *(lambda t, _, shift=shift: 1 / np.log(t + shift) for shift in (2.0, 4.0, 10.0)),
    *(
        lambda t, full, share=share, order=order: (
            1 / (1 + (t / (share * full)) ** order)
        )
        for share in (1 / 16, 1 / 8, 1 / 4, 1 / 2)
        for order in (1.5, 2.0, 4.0)
    ),
)
"""Power laws, exponentials, logarithms and their inverses, Hill curves."""


def chance_to_beat(
    resources: Sequence[float], losses: Sequence[float], full: float, target: float
) -> float:
    """Returns the probability that the loss after the full training is below a target.

    Args:
        resources: What was spent at each point, increasing, > 0; shape (points,).
        losses: Finite; shape (points,).
        full: The full training, in the unit of `resources`.
        target: The loss to beat.

    Returns:
        From 0 to 1. It is 1 where the target is beaten already, or where too little is
        seen to say anything.
    """
    if len(losses) < LEAST_POINTS or min(losses) < target:
        return 1.0
    if resources[-1] >= full:
        return 0.0
    seen = np.asarray(losses, dtype=np.float64)
    shapes = _shapes(tuple(resources), float(full))
    weights = (np.arange(1, len(seen) + 1) / len(seen)) ** _RECENCY
    weights *= len(seen) / weights.sum()
    # Losses are told from the last one, so that rounding does no harm.
    chances, evidence = _by_shape(shapes, weights, seen - seen[-1], target - seen[-1])
    odds = np.exp(evidence - evidence.max())
    return float(odds @ chances / odds.sum())


def _by_shape(
    shapes: Array, weights: Array, losses: Array, target: float
) -> tuple[Array, Array]:
    """Returns each shape's chance, and the logarithm of its evidence.

    Args:
        shapes: Shape (shapes, points).
        weights: How much each point counts; shape (points,).
        losses: Shape (points,).
        target: The loss to beat.
    """
    design = np.stack([np.ones_like(shapes), shapes], axis=-1)
    weighted = design * weights[:, None]
    precision = weighted.transpose(0, 2, 1) @ design + np.eye(2) / _PRIOR_VARIANCE
    covariance = np.linalg.inv(precision)
    moment = weighted.transpose(0, 2, 1) @ losses
    mean = (covariance @ moment[..., None])[..., 0]
    misfit = weights @ losses**2 - (mean * moment).sum(axis=1)
    shape = (_PRIOR_POINTS + len(losses)) / 2
    spread = max(np.ptp(losses), np.finfo(np.float64).tiny ** 0.25)
    prior = _PRIOR_POINTS / 2 * (_PRIOR_NOISE * spread) ** 2
    rate = prior + np.maximum(misfit, 0) / 2
    evidence = -np.linalg.slogdet(precision)[1] / 2 - shape * np.log(rate)
    doubt = _DOUBT * mean[:, 1] * shapes[:, -1]
    scale = np.sqrt(rate / shape * (covariance[:, 0, 0] + 1) + doubt**2)
    return student_cdf((target - mean[:, 0]) / scale, round(2 * shape)), evidence


@functools.lru_cache(maxsize=512)
def _shapes(resources: tuple[float, ...], full: float) -> Array:
    """Returns the shapes at the points: 1 at the first, 0 after the full training."""
    points = np.array([*resources, full]) / resources[0]
    values = np.array([shape(points, points[-1]) for shape in _SHAPES])
    found: Array = (values - values[:, -1:]) / (values[:, :1] - values[:, -1:])
    return found[:, :-1]
