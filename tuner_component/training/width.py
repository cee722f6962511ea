"""How many models train together best: measured, on a few steps of each width.

A GPU has room for all of them as long as its memory has: there, where every width is a
program to be compiled, it is the most that fit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tuner_component.training.fit import Plan
from tuner_component.training.fused_graph import FusedGraphs
from tuner_component.training.stack import ModelStack
from tuner_component.training.xla import has_gpu

_NUM_STEPS, _NUM_RUNS = 4, 3
_GAIN = 1.05  # What a width must be better than a smaller one, or noise decides.


def best_width(
    graphs: FusedGraphs, models: Sequence[Any], places: Sequence[Any], plan: Plan
) -> int:
    """Returns how many of the models should train together; 1: each alone.

    Nothing is changed by the measurement.

    Args:
        graphs: Those of the models.
        models: As many as there are.
        places: For each: where its numbers are.
        plan: That of the first.
    """
    if has_gpu():
        return _most_that_fit(graphs, models, places, plan)
    best, rate = 1, 0.0
    for width in _widths(len(models)):
        stack = ModelStack(models[:width], places[:width])
        found = width / _seconds(graphs, stack, plan)
        if found > rate * _GAIN:
            best, rate = width, found
    return best


def _most_that_fit(
    graphs: FusedGraphs, models: Sequence[Any], places: Sequence[Any], plan: Plan
) -> int:
    import tensorflow as tf

    for width in reversed(_widths(len(models))):
        try:
            _seconds(graphs, ModelStack(models[:width], places[:width]), plan)
        except tf.errors.ResourceExhaustedError:
            continue
        return width
    return 1


def _widths(most: int) -> list[int]:
    """1, 4, 16, ... and the most that there can be."""
    widths = [1]
    while widths[-1] * 4 < most:
        widths.append(widths[-1] * 4)
    return [*widths, most] if most > 1 else widths


def _seconds(graphs: FusedGraphs, stack: ModelStack, plan: Plan) -> float:
    """Returns the time of a few steps, the least of several runs."""
    import tensorflow as tf

    rows = plan.rows(plan.initial_epoch)[: _NUM_STEPS * plan.batch_size]
    rows = tf.stack([rows] * len(stack.models))
    times = []
    for _ in range(_NUM_RUNS):
        began = time.perf_counter()
        values, _ = graphs.train(
            *(stack.values, stack.numbers, plan.train, rows, plan.batch_size)
        )
        values[0][0].numpy()
        times.append(time.perf_counter() - began)
    return min(times)
