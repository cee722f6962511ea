"""CPU seconds of one suggestion in 10 mixed dimensions: `make bench-suggestions`."""

from __future__ import annotations

import dataclasses
import sys
import time

import numpy as np

from tests.benchmarks.figures import Figure, report
from tuner_component.search_space import Boolean, Choice, Float, Int, SearchSpace
from tuner_component.strategies import registry
from tuner_component.trial import Trial, TrialState

_GOALS = {100: 0.1, 1_000: 0.5, 10_000: 1.0}
_SPACE = SearchSpace(
    [
        Float("rate", 1e-5, 1.0, sampling="log"),
        Float("decay", 1e-6, 1e-1, sampling="log"),
        Float("dropout", 0.0, 0.5),
        Float("momentum", 0.0, 0.99),
        Int("units", 4, 512, sampling="log"),
        Int("layers", 1, 8),
        Choice("batch_size", (16, 32, 64, 128)),
        Choice("activation", ("relu", "tanh", "gelu")),
        Choice("optimizer", ("sgd", "adam", "adagrad")),
        Boolean("normalised"),
    ]
)


def _history(length):
    rng = np.random.default_rng(0)
    trials = []
    for number in range(length):
        values = _SPACE.sample(rng)
        loss = (np.log10(values["rate"]) + 3) ** 2 + values["dropout"] + rng.normal()
        trial = Trial(f"{number:04d}", number, values, 0, TrialState.COMPLETED)
        trials.append(dataclasses.replace(trial, score=loss, loss=float(loss)))
    return trials


def _seconds(name, trials):
    """Returns the cost of the next suggestion of a strategy that has seen the rest."""
    strategy = registry.create(name, _SPACE, 0, {})
    strategy.propose(trials[:-1], 1)
    begun = time.process_time()
    strategy.propose(trials, 1)
    return time.process_time() - begun


def main():
    figures = []
    for length, goal in _GOALS.items():
        trials = _history(length)
        for name in registry.STRATEGIES:
            title = f"{name}, CPU s for the suggestion after {length} trials"
            figures.append(Figure(title, _seconds(name, trials), goal))
    return report("suggestions", figures)


if __name__ == "__main__":
    sys.exit(main())
