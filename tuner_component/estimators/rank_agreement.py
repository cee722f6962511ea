"""How well a cheap fidelity ranks, from the trials that got the full training too."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.trial import Trial

_LEAST_TRIALS = 3


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What a search found out about one fidelity.

    Attributes:
        resource: The fidelity.
        spearman: Rank correlation of the losses there and after the full training,
            from -1 to 1. Where only the better trials got the full training, they
            are more alike than all are, and it is too low rather than too high.
        num_trials: How many ended at both.
    """

    resource: float
    spearman: float
    num_trials: int


def measured(trials: Sequence[Trial]) -> list[Agreement]:
    """Returns the agreement of every fidelity below the full one, the lowest first.

    One at which fewer than three trials ended that got the full training as well, or
    at which all of these are equal, is left out.

    Args:
        trials: All of a study.
    """
    full = max((t.fidelity.most or 0 for t in trials if t.fidelity), default=0)
    pairs: dict[float, list[tuple[float, float]]] = {}
    for trial in trials:
        losses = {result.resource: result.loss for result in trial.rungs}
        for resource in losses.keys() - {full} if full in losses else ():
            pairs.setdefault(resource, []).append((losses[resource], losses[full]))
    found = []
    for resource, losses_of_both in sorted(pairs.items()):
        correlation = spearman(*np.array(losses_of_both).T)
        if len(losses_of_both) >= _LEAST_TRIALS and not np.isnan(correlation):
            found.append(Agreement(resource, correlation, len(losses_of_both)))
    return found


def spearman(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Returns the correlation of the ranks; NaN where all of one side are equal.

    Args:
        one: Shape (values,).
        other: Shape (values,).

    Reference:
        Spearman, 1904; equal values share the mean of their ranks.
    """
    a, b = (_ranks(np.asarray(each, dtype=np.float64)) for each in (one, other))
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length else float("nan")


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    below = (values[:, None] > values).sum(axis=1)
    equal = (values[:, None] == values).sum(axis=1)
    ranks: npt.NDArray[np.float64] = below + (equal - 1) / 2
    return ranks
