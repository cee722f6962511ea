"""CPU seconds of one suggestion in 10 mixed dimensions."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence

import numpy as np

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import strategies_version
from tuner_component.search_space import Boolean, Choice, Float, Int, SearchSpace
from tuner_component.strategies import registry
from tuner_component.trial import Trial, TrialState

_GOALS = {100: 0.1, 1_000: 0.5, 10_000: 1.0}
_NUM_SUGGESTIONS = 6
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


def seconds(name: str, length: int) -> float:
    """Returns the mean cost of the next suggestions of a strategy that saw the rest.

    Of several, because not every one fits a model anew.
    """
    trials = _history(length + _NUM_SUGGESTIONS)
    strategy = registry.create(name, _SPACE, 0, {})
    strategy.propose(trials[: length - 1], 1)
    begun = time.process_time()
    for number in range(length, length + _NUM_SUGGESTIONS):
        strategy.propose(trials[:number], 1)
    return (time.process_time() - begun) / _NUM_SUGGESTIONS


def _history(length: int) -> list[Trial]:
    rng = np.random.default_rng(0)
    trials = []
    for number in range(length):
        values = _SPACE.sample(rng)
        loss = (np.log10(values["rate"]) + 3) ** 2 + values["dropout"] + rng.normal()
        trial = Trial(f"{number:04d}", number, values, 0, TrialState.COMPLETED)
        trials.append(dataclasses.replace(trial, score=loss, loss=float(loss)))
    return trials


def works(names: Sequence[str]) -> list[Work]:
    """Returns what to run."""
    version = strategies_version()
    return [
        Work("suggestion", seconds, (name, length), version)
        for length in _GOALS
        for name in names
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields the CPU seconds."""
    for work, result in results.items():
        if work.function is seconds:
            name, length = work.arguments
            title = f"{name}, CPU s for the suggestion after {length} trials"
            yield Figure(title, result, _GOALS[length])
