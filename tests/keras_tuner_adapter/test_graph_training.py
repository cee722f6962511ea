"""The models of a stock tuner train by graphs, with the same result."""

from __future__ import annotations

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from tests.keras_tuner_adapter import stock_tuners
from tuner_component import training
from tuner_component.evaluation import Job
from tuner_component.keras_tuner_adapter.stock_evaluation import StockEvaluation
from tuner_component.training import reuse, support

CALLS: list[object] = []


def build_model(hp):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(hp.Choice("units", [2, 4]), activation="relu")(inputs)
    hidden = keras.layers.Dropout(0.2)(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(keras.optimizers.SGD(hp.Choice("rate", [0.01, 0.1])), "mse")
    return model


class Built(keras_tuner.HyperModel):
    def build(self, hp):
        return build_model(hp)


class OwnFit(Built):
    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=7, **kwargs)


class InBatches(keras_tuner.RandomSearch):
    def on_batch_end(self, trial, model, batch, logs=None):
        CALLS.append(batch)


class Pair(keras_tuner.RandomSearch):
    """Compares two trained models: the first one must keep its weights."""

    def run_trial(self, trial, *args, **kwargs):
        models = [self.hypermodel.build(trial.hyperparameters) for _ in range(2)]
        for model in models:
            model.fit(*args, **kwargs)
        difference = [
            a - b for a, b in zip(*(m.get_weights() for m in models), strict=True)
        ]
        return {"val_loss": float(sum(np.abs(d).sum() for d in difference))}


SHARED = Built()


def dataset():
    return tf.data.Dataset.from_tensor_slices(stock_tuners.data()).batch(6).repeat()


def tuner_fn(kind=keras_tuner.RandomSearch, hypermodel=build_model, **more):
    def made(_):
        tuner = kind(hypermodel, stock_tuners.OBJECTIVE, max_trials=3)
        return stock_tuners.TunerFnResult(
            tuner, stock_tuners.fit_kwargs(epochs=3, **more)
        )

    return made


def on_dataset(_):
    tuner = keras_tuner.RandomSearch(build_model, stock_tuners.OBJECTIVE, max_trials=3)
    kwargs = {
        "x": dataset(),
        "validation_data": dataset(),
        "steps_per_epoch": 4,
        "validation_steps": 3,
        "epochs": 3,
        "verbose": 0,
    }
    return stock_tuners.TunerFnResult(tuner, kwargs)


FUNCTIONS = {
    "plain": tuner_fn(),
    "dataset": on_dataset,
    "hypermodel": lambda _: tuner_fn(hypermodel=Built())(_),
    "own_fit": lambda _: tuner_fn(hypermodel=OwnFit())(_),
    "shared_hypermodel": tuner_fn(hypermodel=SHARED),
    "hyperband": lambda _: (
        keras_tuner.Hyperband(build_model, stock_tuners.OBJECTIVE, max_epochs=3),
        stock_tuners.fit_kwargs(),
    ),
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    reuse._known.clear()
    support._said.clear()
    CALLS.clear()
    monkeypatch.chdir(tmp_path)


def job(folder, number, **values):
    path = folder / f"{number:04}"
    path.mkdir(parents=True)
    return Job(
        trial_id=f"{number:04}",
        attempt=1,
        values={"units": 4, "rate": 0.1, **values},
        seed=7,
        folder=str(path),
        objective="val_loss",
        direction="min",
    )


def evaluated(tuner_fn, folder, number=0, **values):
    return StockEvaluation(tuner_fn, None)(
        job(folder, number, **values), lambda _: None
    )


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_trial_has_the_result_that_keras_gives(name, tmp_path, monkeypatch):
    before = [evaluated(FUNCTIONS[name], tmp_path / "a", k, rate=r) for k, r in RATES]
    assert not support._said
    monkeypatch.setattr(training, "fit_in_graphs", lambda *_, **__: None)
    after = [evaluated(FUNCTIONS[name], tmp_path / "b", k, rate=r) for k, r in RATES]
    for ours, theirs in zip(before, after, strict=True):
        assert ours.metrics == pytest.approx(theirs.metrics, abs=1e-4)
        assert [m.resource for m in ours.measurements] == [1, 2, 3]
    assert before[0].metrics != pytest.approx(before[1].metrics, abs=1e-3)


RATES = [(0, 0.01), (1, 0.1)]


def test_trials_of_one_structure_share_a_graph(tmp_path):
    for number, rate in RATES:
        evaluated(FUNCTIONS["dataset"], tmp_path, number, rate=rate)
    assert len(reuse._known) == 1


def test_a_users_hypermodel_is_left_as_it_was(tmp_path):
    before = vars(SHARED)["build"]
    for number, rate in RATES:
        evaluated(FUNCTIONS["shared_hypermodel"], tmp_path, number, rate=rate)
    assert vars(SHARED)["build"] == before


def test_a_tuner_with_batch_hooks_gets_them(tmp_path):
    evaluated(tuner_fn(InBatches, batch_size=5), tmp_path)
    assert CALLS == [0, 1, 2, 3] * 3
    (said,) = support._said
    assert "TunerCallback has on_batch_end()" in said


def test_models_that_the_users_code_sees_share_nothing(tmp_path):
    assert evaluated(tuner_fn(Pair), tmp_path).metrics["val_loss"] > 0.01
    assert not reuse._known
