from __future__ import annotations

from typing import ClassVar

import keras
import keras_tuner
import numpy as np
import pytest

from tests.keras_tuner_adapter import stock_tuners
from tuner_component.keras_tuner_adapter import best_epoch


class Remembering(keras.callbacks.Callback):
    """Keeps every epoch's weights; the second epoch is the best one."""

    weights: ClassVar[list[list[np.ndarray]]] = []

    def on_train_begin(self, logs=None):
        type(self).weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())
        logs["val_loss"] = [3.0, 1.0, 2.0][epoch]


@pytest.fixture
def written(monkeypatch):
    files = []
    save = keras.Model.save_weights

    def counted(model, path, *args, **kwargs):
        files.append(path)
        return save(model, path, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "save_weights", counted)
    return files


def searched(folder):
    tuner = keras_tuner.RandomSearch(
        stock_tuners.build_model,
        stock_tuners.OBJECTIVE,
        max_trials=1,
        directory=str(folder),
    )
    best_epoch.write_once(tuner)
    tuner.search(**stock_tuners.fit_kwargs(epochs=3, callbacks=[Remembering()]))
    return tuner


def test_the_best_epochs_weights_are_written_once(tmp_path, written):
    tuner = searched(tmp_path)
    assert len(written) == 1
    (model,) = tuner.get_best_models(1)
    _, best, last = Remembering.weights
    assert all(map(np.array_equal, model.get_weights(), best))
    assert not all(map(np.array_equal, last, best))


def test_the_model_keeps_its_last_weights(tmp_path):
    models = []

    class Kept(Remembering):
        def on_train_begin(self, logs=None):
            super().on_train_begin()
            models[:] = [self.model]

    tuner = keras_tuner.RandomSearch(
        stock_tuners.build_model, "val_loss", max_trials=1, directory=str(tmp_path)
    )
    best_epoch.write_once(tuner)
    tuner.search(**stock_tuners.fit_kwargs(epochs=3, callbacks=[Kept()]))
    assert all(map(np.array_equal, models[0].get_weights(), Kept.weights[-1]))


def test_weights_too_large_for_a_copy_are_written_at_once(
    tmp_path, written, monkeypatch
):
    monkeypatch.setattr(best_epoch, "_MOST_BYTES", 0)
    searched(tmp_path)
    assert len(written) == 2


class OwnLoop(keras_tuner.HyperModel):
    """As KerasTuner's guide shows it: no hook but that of the epochs is called."""

    def build(self, hp):
        return stock_tuners.build_model(hp)

    def fit(self, hp, model, x, y, validation_data, callbacks, **kwargs):
        for callback in callbacks:
            callback.set_model(model)
        for epoch in range(3):
            model.train_on_batch(x, y)
            loss = model.test_on_batch(*validation_data)[0]
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"val_loss": float(loss)})
        return {"val_loss": float(loss)}


def test_a_training_loop_of_the_users_own_leaves_its_weights(tmp_path, written):
    tuner = keras_tuner.RandomSearch(
        OwnLoop(), stock_tuners.OBJECTIVE, max_trials=1, directory=str(tmp_path)
    )
    best_epoch.write_once(tuner)
    tuner.search(**stock_tuners.fit_kwargs())
    assert len(written) == 1
    tuner.get_best_models(1)
