"""A KerasTuner tuner over a pure function, which takes no time."""

from __future__ import annotations

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tuner_component import Objective, StrategyOracle  # noqa: E402


def score(hp):
    """A pure function with a condition in it."""
    x = hp.Float("x", -1.0, 1.0)
    kind = hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["b"]):
        if kind == "b":
            return (x - 0.3) ** 2 - 0.1 * hp.Int("n", 1, 9)
    return x**2


class Declared(keras_tuner.HyperModel):
    def build(self, hp):
        score(hp)


class Pure(keras_tuner.engine.base_tuner.BaseTuner):
    score = staticmethod(score)

    def run_trial(self, trial, **_):
        return {"score": self.score(trial.hyperparameters)}


def pure_tuner(
    folder, strategy="random", max_trials=6, cls=Pure, model=True, **options
):
    options = {"objective": Objective("score", "min"), **options}
    oracle = StrategyOracle(strategy, max_trials=max_trials, **options)
    return cls(
        oracle=oracle,
        hypermodel=Declared() if model else None,
        directory=str(folder),
        project_name="project",
    )


def values_of(tuner):
    oracle = tuner.oracle
    return [oracle.trials[i].hyperparameters.values for i in oracle.start_order]


def searched(tuner):
    tuner.search(verbose=0)
    return values_of(tuner)
