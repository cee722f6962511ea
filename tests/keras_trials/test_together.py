"""Trials of a `build_model` that train together."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tuner_component.data import Split  # noqa: E402
from tuner_component.evaluation import (  # noqa: E402
    Job,
    evaluate,
    evaluate_together,
)
from tuner_component.keras_trials import weights_file  # noqa: E402
from tuner_component.keras_trials.together import KerasEvaluation  # noqa: E402
from tuner_component.model_code import ModelCode  # noqa: E402
from tuner_component.training import width as widths  # noqa: E402
from tuner_component.trial import Fidelity, Reason  # noqa: E402

TOLERANCE = 2e-6


@pytest.fixture
def evaluation(monkeypatch):
    monkeypatch.setattr(widths, "_seconds", lambda *_: 1.0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = (x.sum(axis=1, keepdims=True) > 0).astype("int64")
    data = Split(None, {"x": x, "__label__": y})
    return KerasEvaluation(
        ModelCode(
            build_model=_build_model,
            fit_args=_fit_args,
            train=data,
            validation=data,
            fit_defaults={"epochs": 4, "batch_size": 16},
        ),
        least_steps=0,
    )


def _build_model(hp):
    if hp.get("units") == 13:
        raise ValueError("no such layer")
    inputs = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(hp.Int("units", 1, 64), "relu")(inputs)
    hidden = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5))(hidden)
    outputs = keras.layers.Dense(1, activation="sigmoid")(hidden)
    model = keras.Model({"x": inputs}, outputs)
    rate = hp.Float("rate", 1e-4, 1.0)
    model.compile(
        keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"]
    )
    return model


def _fit_args(hp):
    return {"callbacks": [keras.callbacks.EarlyStopping("val_loss", 0.05, patience=1)]}


def _jobs(folder, *several, **more):
    jobs = []
    for number, values in enumerate(several):
        values = {"units": 8, "dropout": 0.2, "rate": 0.05, **values}
        home = folder / str(number)
        home.mkdir(parents=True, exist_ok=True)
        given = (str(number), values, number, 0, str(home), "val_loss", "min")
        jobs.append(dataclasses.replace(Job(*given), **more))
    return jobs


def _together(evaluation, jobs):
    """Returns the outcomes by trial, and checks what was reported."""
    seen = {job.trial_id: [] for job in jobs}
    outcomes = {
        outcome.trial_id: outcome
        for outcome in evaluate_together(
            evaluation.together, jobs, lambda job, m: seen[job.trial_id].append(m)
        )
    }
    for name, outcome in outcomes.items():
        assert tuple(seen[name]) == outcome.measurements[-len(seen[name]) :]
    return outcomes


def _alone(evaluation, job):
    return evaluate(evaluation, job, lambda _: None)


def _assert_same(one, other):
    assert one.error is None
    curves = [[m.metrics for m in outcome.measurements] for outcome in (one, other)]
    assert len(curves[0]) == len(curves[1])
    for ours, theirs in zip(*curves, strict=True):
        assert ours == pytest.approx(theirs, abs=TOLERANCE)
    assert one.metrics == pytest.approx(other.metrics, abs=TOLERANCE)


def _weights(job):
    model = _build_model(_hp(job))
    model.load_weights(f"{job.folder}/{weights_file.NAME}")
    return model.get_weights()


def _hp(job):
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.values = dict(job.values)
    return hp


def test_trials_that_train_together_end_as_alone(evaluation, tmp_path):
    values = [{"rate": 0.3}, {"dropout": 0.4}, {"units": 5}, {"rate": 0.001}]
    found = _together(evaluation, _jobs(tmp_path / "together", *values))
    assert sorted(found) == ["0", "1", "3"]  # The other one's structure is its own.
    for job in _jobs(tmp_path / "alone", *values):
        if job.trial_id in found:
            _assert_same(found[job.trial_id], _alone(evaluation, job))
            kept = f"{tmp_path}/together/{job.trial_id}"
            ours = _weights(dataclasses.replace(job, folder=kept))
            for a, b in zip(ours, _weights(job), strict=True):
                np.testing.assert_allclose(a, b, atol=TOLERANCE)
    lengths = {len(outcome.measurements) for outcome in found.values()}
    assert len(lengths) > 1  # Each has stopped when it had to.


@pytest.mark.parametrize(("least_steps", "num_trained"), [(33, 0), (32, 2)])
def test_few_steps_are_not_worth_a_graph(
    evaluation, tmp_path, least_steps, num_trained
):
    """Two trainings of 4 epochs of 4 batches are 32 steps."""
    few = KerasEvaluation(evaluation._code, least_steps)
    assert len(_together(few, _jobs(tmp_path, {}, {"rate": 0.01}))) == num_trained


def test_a_trial_without_a_finite_score_leaves_the_others_alone(evaluation, tmp_path):
    values = [{"rate": float("inf")}, {"rate": 0.01}, {"units": 13}]
    found = _together(evaluation, _jobs(tmp_path, *values))
    assert found["0"].error.reason is Reason.NON_FINITE
    assert found["1"].error is None
    assert "2" not in found  # Alone it says what is wrong.


def test_trials_of_a_rung_go_on_together(evaluation, tmp_path):
    evaluation._code = dataclasses.replace(evaluation._code, fit_args=lambda hp: {})
    straight = _jobs(tmp_path / "straight", {}, {"rate": 0.01})
    expected = _together(evaluation, straight)
    paused = _jobs(tmp_path / "rungs", {}, {"rate": 0.01})
    for epochs in (2, 4):
        rung = Fidelity("epochs", epochs, 4)
        jobs = [dataclasses.replace(job, fidelity=rung) for job in paused]
        found = _together(evaluation, jobs)
        assert {len(o.measurements) for o in found.values()} == {epochs}
    for name, outcome in found.items():
        _assert_same(outcome, expected[name])


def test_an_objective_of_time_is_measured_alone(evaluation, tmp_path):
    more = {"further_objectives": ("train_seconds",)}
    assert _together(evaluation, _jobs(tmp_path, {}, {}, **more)) == {}


def test_trials_with_settings_of_their_own_train_alone(evaluation, tmp_path):
    def build_model(hp):
        keras.config.set_epsilon(hp.get("epsilon"))
        return _build_model(hp)

    evaluation._code = dataclasses.replace(evaluation._code, build_model=build_model)
    jobs = _jobs(tmp_path, {"epsilon": 1e-7}, {"epsilon": 0.1})
    try:
        assert _together(evaluation, jobs) == {}
    finally:
        keras.config.set_epsilon(1e-7)
