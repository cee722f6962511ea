"""What any configuration is worth to the front of several objectives."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.pareto.boxes import improving
from tuner_component.pareto.dominance import distances, non_dominated
from tuner_component.pareto.hypervolume import reference_point
from tuner_component.strategies.gaussian_process.acquisition import (
    log_expected_hypervolume_improvement,
)
from tuner_component.strategies.gaussian_process.fit import Kernel
from tuner_component.strategies.gaussian_process.posterior import Posterior
from tuner_component.strategies.gaussian_process.surrogate import (
    Observations,
    Surrogate,
    doubted,
)
from tuner_component.strategies.gaussian_process.targets import ranked, tempered

Array = npt.NDArray[np.float64]


def worth(
    surrogate: Surrogate, seen: Observations, objectives: Array, *, by_rank: bool
) -> Callable[[Array], Array]:
    """Returns what gives features of shape `(m, num_features)` their worth.

    Every objective has a Gaussian process of its own: a loss that no hyperparameter
    but one decides stays as simple as it is. The worth is the logarithm of the
    hypervolume that they expect a place to add, per second if seconds count, shape
    `(m,)`; less where all losses may be those of a trial nearby.

    Args:
        surrogate: Fits the processes.
        seen: At least one observation; of `losses` only the order matters.
        objectives: The losses in each objective, shape `(n, num_objectives)`; a row of
            NaN for a failure.
        by_rank: Whether the order of losses counts only, so that their scale does not
            matter; else the distances among the better half count too, as in the
            hypervolume that people are shown.

    Reference:
        Emmerich, 2005, Single- and Multi-objective Evolutionary Design Optimization
        Assisted by Gaussian Random Field Metamodels, chapter 4.
    """
    columns = objectives.T
    transform = ranked if by_rank else tempered
    kernels = [surrogate.kernel(seen, column, transform) for column in columns]
    processes = [surrogate.posterior(seen, column, transform) for column in columns]
    ended = seen.features[~np.isnan(objectives).any(axis=1)]
    means = _means(processes, np.concatenate([ended, seen.running]))
    if len(seen.running):
        processes = [process.believing(seen.running) for process in processes]
    leads = np.unique(means[non_dominated(means)], axis=0)
    boxes = improving(leads, reference_point(means))
    less = doubted(_common(kernels), seen, _numbered(objectives))
    log_seconds = surrogate.log_seconds(seen)

    def worth_of(features: Array) -> Array:
        predicted = np.array([process.predict(features) for process in processes])
        gain = log_expected_hypervolume_improvement(
            predicted[:, 0].T, predicted[:, 1].T, *boxes
        )
        return np.asarray(less(features, gain) - log_seconds(features))

    return worth_of


def order(objectives: Array) -> Array:
    """Returns one loss for several: the distance from the best of each, unweighted.

    Args:
        objectives: Shape `(n, num_objectives)`, n >= 1; rows of NaN for failures.

    Returns:
        Shape `(n,)`; NaN for failures.
    """
    known = ~np.isnan(objectives).any(axis=1)
    away = np.full(len(objectives), np.nan)
    away[known] = distances(objectives[known], np.ones(objectives.shape[1]))
    return away


def _means(processes: Sequence[Posterior], features: Array) -> Array:
    return np.stack([process.mean(features) for process in processes], axis=1)


def _common(kernels: Sequence[Kernel]) -> Kernel:
    """Returns a kernel whose distances are those of all objectives together."""
    weights = np.mean([kernel.weights for kernel in kernels], axis=0)
    return dataclasses.replace(kernels[0], weights=weights)


def _numbered(objectives: Array) -> Array:
    """Returns a number that is equal where all objectives are; NaN for failures."""
    _, numbers = np.unique(objectives, axis=0, return_inverse=True)
    failed = np.isnan(objectives).any(axis=1)
    return np.where(failed, np.nan, numbers.reshape(-1).astype(np.float64))
