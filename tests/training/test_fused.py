"""Models that train together end as each would alone."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tests.training import kinds
from tests.training.members import (
    RATES,
    alone_of,
    assert_same,
    members_of,
    train_together,
)
from tuner_component import training
from tuner_component.training import width as widths

REASONS = {
    kinds.lstm: "LSTM loops over its input",
    kinds.convolutions: "Conv2D is no faster together",
    kinds.bfloat16: "mixed precision",
    kinds.subclassed: "not of Keras' own layers",
}


@pytest.fixture
def said(monkeypatch):
    reasons = []
    monkeypatch.setattr("tuner_component.training.together.alone", reasons.append)
    return reasons


@pytest.fixture(autouse=True)
def _whatever_the_width(monkeypatch):
    monkeypatch.setattr(widths, "_seconds", lambda *_: 1.0)


def test_models_end_as_each_alone():
    assert_same(train_together(members_of(kinds.dropout)), alone_of(kinds.dropout))


@pytest.mark.slow
@pytest.mark.parametrize(
    "build",
    [
        *(kinds.dense, kinds.batch_normalization, kinds.two_inputs_two_outputs),
        *(kinds.embeddings, kinds.attention, kinds.penalties),
    ],
)
def test_more_kinds_end_as_each_alone(build):
    assert_same(train_together(members_of(build)), alone_of(build))


def _callbacks():
    return [
        keras.callbacks.EarlyStopping("loss", baseline=0.5, patience=1),
        keras.callbacks.ReduceLROnPlateau("loss", min_delta=10.0, patience=1),
    ]


def test_each_has_its_own_callbacks():
    members = members_of(kinds.dropout, _callbacks)
    for member in members:
        member.needs = training.needs_of(member.callbacks)
        assert member.needs == "rate"
    alone = alone_of(kinds.dropout, _callbacks)
    assert_same(train_together(members), alone)
    rates = [float(m.model.optimizer.learning_rate) for m in members]
    assert rates[1] < RATES[1]


class _Noted(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append((epoch, dict(logs)))


def test_callbacks_and_history_get_plain_numbers_of_every_epoch():
    members = members_of(kinds.dropout, lambda: [_Noted()])
    train_together(members)
    for member in members:
        (noted,), kept = member.callbacks, member.model.history
        assert [epoch for epoch, _ in noted.logs] == kept.epoch
        assert kept.epoch == list(range(member.plan.epochs))
        assert {type(v) for _, logs in noted.logs for v in logs.values()} == {float}
        by_name = {n: [logs[n] for _, logs in noted.logs] for n in noted.logs[0][1]}
        assert by_name == kept.history
        assert {"loss", "val_loss"} <= by_name.keys()


def test_a_callback_may_change_weights():
    class Halves(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for variable in self.model.trainable_variables:
                variable.assign(variable / 2)

    def callbacks():
        return [Halves()]

    assert training.needs_of(callbacks()) == "weights"
    alone = alone_of(kinds.dropout, callbacks)
    assert_same(train_together(members_of(kinds.dropout, callbacks)), alone)


def test_what_befalls_one_leaves_the_others_alone():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("one is enough")

    members = members_of(kinds.dropout)
    members[0].model.optimizer.learning_rate = float("nan")
    members[1].callbacks = [Fails()]
    train_together(members)
    assert np.isnan(members[0].model.history.history["loss"][-1])
    assert str(members[1].error) == "one is enough"
    assert_same(members[2:], alone_of(kinds.dropout)[2:])


def test_weights_are_known_during_the_training():
    members = members_of(kinds.dropout)
    found = {}

    class Watches(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found[epoch] = members[0].weights()

    members[0].callbacks, members[0].needs = [Watches()], "nothing"
    train_together(members)
    assert list(found) == [0, 1]
    for ours, kept in zip(members[0].model.variables, found[1], strict=True):
        np.testing.assert_array_equal(ours.numpy(), kept)


@pytest.mark.parametrize("build", REASONS, ids=lambda build: build.__name__)
def test_what_trains_alone_says_why(build, said):
    assert training.groups_of(members_of(build)[:1]) == []
    assert REASONS[build] in said[0]


def test_a_model_that_cannot_be_built_is_left_out(said):
    def unbuilt():
        layers = [keras.layers.Dense(3, activation="softmax")]
        model = keras.Sequential(layers)
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    member = members_of(unbuilt)[0]
    assert training.groups_of([member]) == []
    assert "Unable to automatically build" in said[0]


def test_structures_and_batches_make_groups():
    members = [*members_of(kinds.dropout), *members_of(kinds.dense)]
    batches = dataclasses.replace(members[0].plan, batch_size=8)
    members[0].plan = batches
    groups = training.groups_of(members)
    assert [len(group) for group in groups] == [3, 2, 1]


@pytest.mark.parametrize(("room", "width"), [(9, 9), (8, 4), (0, 1)])
def test_on_a_gpu_as_many_train_together_as_fit(monkeypatch, room, width):
    import tensorflow as tf

    def run(_, stack, __):
        if stack > room:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        return 1.0

    monkeypatch.setattr(widths, "has_gpu", lambda: True)
    monkeypatch.setattr(widths, "_seconds", run)
    monkeypatch.setattr(widths, "ModelStack", lambda models, _: len(models))
    assert widths.best_width(None, range(9), range(9), None) == width


def test_what_is_faster_alone_trains_alone(monkeypatch):
    monkeypatch.setattr(
        widths, "_seconds", lambda _, stack, __: len(stack.models) + 0.0
    )
    members = members_of(kinds.dense)
    assert training.fit_together(members) == "models of this size are faster alone"
    assert not hasattr(members[0].model, "history") or not members[0].model.history


def test_what_cannot_be_stacked_is_told_in_a_line(capfd):
    def build():
        inputs = keras.layers.Input((6,), name="x")
        hidden = keras.layers.SpectralNormalization(keras.layers.Dense(4))(inputs)
        model = keras.Model({"x": inputs}, keras.layers.Dense(3, "softmax")(hidden))
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    assert "ValueError" in training.fit_together(members_of(build))
    assert len(capfd.readouterr().err) < 500
