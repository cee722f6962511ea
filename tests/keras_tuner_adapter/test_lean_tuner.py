from __future__ import annotations

import gc
import sys

import keras
import keras_tuner
import pytest

from tests.keras_tuner_adapter import stock_tuners
from tuner_component.keras_tuner_adapter.lean_tuner import make_lean

HP = keras_tuner.HyperParameters()


def tuner_of(folder, kind=keras_tuner.RandomSearch, **more):
    return kind(
        stock_tuners.build_model,
        stock_tuners.OBJECTIVE,
        max_trials=1,
        directory=str(folder),
        **more,
    )


@pytest.fixture
def collections():
    """The generations that a test collects; Python collects none by itself."""
    seen = []

    def note(phase, info):
        if phase == "start":
            seen.append(info["generation"])

    gc.callbacks.append(note)
    gc.disable()
    yield seen
    gc.enable()
    gc.callbacks.remove(note)


def test_a_trial_trains_without_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.plugins.hparams", None)
    tuner = tuner_of(tmp_path)
    make_lean(tuner)
    tuner.search(**stock_tuners.fit_kwargs(epochs=1))
    assert tuner.oracle.get_best_trials()[0].score is not None


@pytest.mark.parametrize("used", [True, False])
def test_tensorboard_is_configured_where_it_is_used(tmp_path, monkeypatch, used):
    calls = []
    kind = keras_tuner.Tuner
    monkeypatch.setattr(
        kind, "_configure_tensorboard_dir", lambda *args: calls.append(args)
    )
    tuner = tuner_of(tmp_path)
    make_lean(tuner)
    callbacks = [keras.callbacks.TensorBoard("logs")] if used else []
    tuner._configure_tensorboard_dir(callbacks, "trial", 0)
    assert len(calls) == used


def test_building_a_model_collects_no_garbage(tmp_path, collections):
    tuner = tuner_of(tmp_path)
    tuner._try_build(HP)
    assert collections.count(2) == 2  # Keras' and KerasTuner's own.
    make_lean(tuner)
    tuner._try_build(HP)
    assert collections.count(2) <= 3  # Every tenth trial collects.
    assert gc.collect.__module__ == "gc"


def test_what_a_tuner_overrides_stays(tmp_path):
    class Own(keras_tuner.RandomSearch):
        def _try_build(self, hp):
            return "own"

    tuner = tuner_of(tmp_path, Own)
    make_lean(tuner)
    assert tuner._try_build(HP) == "own"
    assert "_try_build" not in vars(tuner)
