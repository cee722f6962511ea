"""Which way each metric is better, found out once.

KerasTuner makes a Keras metric to tell, for each metric of each trial.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any


def register(tracker: Any, objective: Any, names: Iterable[str]) -> None:
    """Registers metrics as an oracle would when it is told of them first.

    Args:
        tracker: The `MetricsTracker` of a trial.
        objective: The oracle's.
        names: Of metrics; those that the tracker knows stay as they are.
    """
    objectives = objective if isinstance(objective, list) else [objective]
    own = {one.name: one.direction for one in objectives}
    for name in names:
        if not tracker.exists(name):
            tracker.register(name, own.get(name) or _direction(name))


def registering(oracle: Any) -> Callable[..., Any]:
    """Returns an oracle's `update_trial` that registers what it is told of."""
    update = oracle.update_trial

    @functools.wraps(update)
    def updated(trial_id: str, metrics: Any, *args: Any, **kwargs: Any) -> Any:
        register(oracle.trials[trial_id].metrics, oracle.objective, metrics)
        return update(trial_id, metrics, *args, **kwargs)

    return updated


@functools.cache
def _direction(name: str) -> str:
    from keras_tuner.src.engine import metrics_tracking

    # What is no metric's name is better if it is lower, KerasTuner says too.
    return metrics_tracking.infer_metric_direction(name) or "min"
