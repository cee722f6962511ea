"""LCDB: how well a part of the data ranks, and what a search says of that by itself.

python -m tests.benchmarks.architectures.subsets
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from scipy import stats

from tests.benchmarks.parts.figures import Figure, report
from tests.benchmarks.tables.curves import Curves, lcdb
from tests.benchmarks.tables.fidelities import by_epochs, follow
from tuner_component.estimators.rank_agreement import measured
from tuner_component.strategies import registry

_SHARES = (1 / 16, 1 / 4, 1 / 2)
_KNOWN = {1 / 16: 0.76, 1 / 4: 0.92, 1 / 2: 0.96}
_TOLERANCE, _NEAR = 0.05, 0.15


def true_agreement(task: Curves, share: float) -> float:
    """Returns Spearman's correlation with the order after all examples."""
    place = int((task.resources <= share * task.resources[-1]).sum()) - 1
    return float(stats.spearmanr(task.losses[:, place], task.losses[:, -1]).statistic)


def reported_agreement(task: Curves, share: float, seed: int) -> float | None:
    """Returns what a search says that compared half of the learners at both sizes."""
    curves = by_epochs(task)
    number = len(task.positions)
    options = {
        "num_configurations": number,
        "num_checked": number // 2,
        "min_resource": int(share * curves.max_resource),
        "max_resource": curves.max_resource,
    }
    strategy = registry.create("screening", task.space, seed, options)
    agreements = measured(follow(strategy, curves, seed).trials)
    return agreements[0].spearman if agreements else None


def figures(seeds: Sequence[int] = range(3)) -> list[Figure]:
    """Returns the true correlations, and how far from them the reported ones are."""
    found = []
    for share in _SHARES:
        true = [true_agreement(task, share) for task in lcdb()]
        said = [
            reported_agreement(task, share, seed) for task in lcdb() for seed in seeds
        ]
        mean = float(np.mean([each for each in said if each is not None]))
        title = f"LCDB, {share:.3g} of the data"
        found += [
            Figure(
                f"{title}: Spearman to the full ranking",
                float(np.mean(true)),
                _KNOWN[share] - _TOLERANCE,
                True,
            ),
            Figure(
                f"{title}: that less what the search reports ({mean:.2f})",
                abs(float(np.mean(true)) - mean),
                _NEAR,
            ),
        ]
    return found


if __name__ == "__main__":
    sys.exit(report("architectures_subsets", figures()))
