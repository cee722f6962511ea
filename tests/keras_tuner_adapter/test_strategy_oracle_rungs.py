"""Strategies with rungs and tuners of KerasTuner that know nothing of them."""

from __future__ import annotations

import warnings

import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.pure_tuner import Pure, pure_tuner, score  # noqa: E402


class _FullTraining(Pure):
    """Trains as `keras_tuner.Tuner` does, whatever the oracle says."""

    def epochs(self, values):
        return 4

    def run_trial(self, trial, **_):
        history = keras.callbacks.History()
        loss = score(trial.hyperparameters)
        epochs = range(self.epochs(trial.hyperparameters.values))
        history.history = {"score": [loss + 1 / (1 + epoch) for epoch in epochs]}
        return history


class _Heeding(_FullTraining):
    def epochs(self, values):
        return values["tuner/epochs"] - values["tuner/initial_epoch"]


def _search(folder, cls):
    pure_tuner(folder, "hyperband", 8, cls, max_resource=4).search(verbose=0)


def test_a_tuner_that_gives_every_rung_the_full_training_is_named(tmp_path):
    with pytest.warns(UserWarning, match=r"'hyperband' gave it.*ContinuingTuner"):
        _search(tmp_path, _FullTraining)


def test_nothing_is_said_of_one_that_heeds_the_rungs(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        _search(tmp_path, _Heeding)
