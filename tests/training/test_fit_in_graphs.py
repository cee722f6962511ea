"""Keras' own `fit` with a graph for each epoch is `fit`, whatever it is told."""

from __future__ import annotations

import logging

import keras
import numpy as np
import pytest

from tests.training import kinds
from tests.training.compared import largest_difference
from tests.training.trained import TOLERANCE, dataset, trained
from tuner_component import training
from tuner_component.training import reuse, support

pytestmark = pytest.mark.usefixtures("nothing_known")


# Its numbers have 8 bits: one of the 64 examples of a validation may fall otherwise.
TOLERANCE_OF_BFLOAT16 = 2e-2


def _assert_equal(build, tolerance=TOLERANCE, **fit):
    theirs, their_variables = trained(build, in_graphs=False, **fit)
    for is_shared in (False, True):
        ours, our_variables = trained(build, in_graphs=True, is_shared=is_shared, **fit)
        assert largest_difference(ours, theirs) <= tolerance
        assert len(our_variables) == len(their_variables)
        for one, other in zip(our_variables, their_variables, strict=True):
            assert one == pytest.approx(other, abs=10 * tolerance)


def _assert_graphs():
    """Nothing has fallen back."""
    assert not support._said


@pytest.mark.parametrize("build", kinds.FAST)
def test_it_is_fit(build):
    _assert_equal(build)
    _assert_graphs()


@pytest.mark.slow
@pytest.mark.parametrize("build", kinds.SLOW)
def test_it_is_fit_for_other_kinds(build):
    rounds = build is kinds.bfloat16
    _assert_equal(build, TOLERANCE_OF_BFLOAT16 if rounds else TOLERANCE)
    _assert_graphs()


@pytest.mark.parametrize(
    "fit",
    [
        {"arrays": True, "batch_size": 20},
        {"arrays": True, "batch_size": 20, "shuffle": False, "sample_weight": True},
        {"arrays": True, "batch_size": 20, "validation_split": 0.3},
        {"class_weight": {0: 0.2, 1: 1.0, 2: 3.0}, "validation_freq": 2},
        {"steps_per_epoch": 2, "validation_steps": 3},
        {"validation_data": None},
    ],
    ids=str,
)
def test_it_is_fit_whatever_it_is_told(fit):
    if fit.get("sample_weight"):
        weight = np.linspace(0.2, 2.0, kinds.NUM_EXAMPLES).astype("float32")
        fit = {**fit, "sample_weight": weight}
    _assert_equal(kinds.dropout, **fit)
    _assert_graphs()


def test_callbacks_may_be_in_lists_of_the_list():
    def callbacks():
        return [[keras.callbacks.EarlyStopping("loss", patience=0, mode="max")]]

    _assert_equal(kinds.dense, callbacks=callbacks)
    _assert_graphs()


def test_endless_data_go_on_from_epoch_to_epoch():
    _assert_equal(
        kinds.dense,
        data=lambda batches: batches.repeat(),
        validation_steps=3,
        steps_per_epoch=5,
    )
    _assert_graphs()


def test_the_next_model_of_a_structure_has_the_same_graph():
    def other():
        model = kinds.dropout()
        model.optimizer.learning_rate = 0.2
        return model

    trained(kinds.dropout, in_graphs=True)
    theirs, their_variables = trained(other, in_graphs=False)
    ours, our_variables = trained(other, in_graphs=True)
    assert len(reuse._known) == 1
    assert largest_difference(ours, theirs) <= TOLERANCE
    for one, expected in zip(our_variables, their_variables, strict=True):
        assert one == pytest.approx(expected, abs=10 * TOLERANCE)


def test_unshared_models_keep_their_weights():
    keras.utils.set_random_seed(3)
    models = [kinds.dense(), kinds.dense()]
    for model in models:
        training.fit_in_graphs(model, is_shared=False)
    data = dataset(models[0])
    models[0].fit(data, verbose=0)
    weights = models[0].get_weights()
    models[1].fit(data, verbose=0)
    assert all(map(np.array_equal, weights, models[0].get_weights()))


class _Evaluating(keras.callbacks.Callback):
    """Evaluates other data at the end of every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        features, label = {"x": kinds.FEATURES["x"][:30]}, kinds.LABEL[:30]
        self.model.evaluate(features, label, batch_size=4, verbose=0)
        values = self.model.evaluate(
            features, label, batch_size=4, verbose=0, return_dict=True
        )
        logs.update({f"own_{name}": value for name, value in values.items()})


def _classifier_of(kind):
    inputs = keras.Input((6,), name="x")
    outputs = keras.layers.Dense(3, activation="softmax")(inputs)
    model = kind({"x": inputs}, outputs)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class OwnTest(keras.Model):
    """Its steps say other values by the metrics' names; Keras reports the metrics."""

    def test_step(self, data):
        return {name: 2.0 * value for name, value in super().test_step(data).items()}


def _own_test():
    return _classifier_of(OwnTest)


@pytest.mark.parametrize("build", [kinds.dense, _own_test])
def test_a_callback_may_evaluate_other_data(build):
    _assert_equal(build, callbacks=lambda: [_Evaluating()])
    ours, _ = trained(kinds.dense, in_graphs=True, callbacks=lambda: [_Evaluating()])
    assert len(ours["own_loss"]) == 3


def test_afterwards_the_model_is_as_before():
    model = kinds.dense()
    training.fit_in_graphs(model, is_shared=True)
    data = dataset(model)
    model.fit(data, validation_data=data.take(2), verbose=0)
    expected = keras.models.clone_model(model)
    expected.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    expected.set_weights(model.get_weights())
    values, others = (
        m.evaluate(data, verbose=0, return_dict=True) for m in (model, expected)
    )
    assert values == pytest.approx(others, abs=1e-5)
    assert model.steps_per_execution == 1


class OwnStep(keras.Model):
    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, "twice": 2.0 * logs["loss"]}


def _own_step():
    return _classifier_of(OwnStep)


class _Batches(keras.callbacks.Callback):
    seen: list[int]

    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        logs["batches"] = float(len(self.seen))


@pytest.mark.parametrize(
    ("build", "fit", "reason"),
    [
        (_own_step, {}, "report other values than the model's metrics"),
        (kinds.dense, {"callbacks": lambda: [_Batches()]}, "has on_train_batch_end()"),
        (kinds.dense, {"steps_per_epoch": 5}, "its data end before the last epoch"),
    ],
)
def test_what_graphs_cannot_do_keras_does(build, fit, reason, caplog):
    with caplog.at_level(logging.WARNING):
        _assert_equal(build, **fit)
    (said,) = support._said
    assert reason in said
    assert said in caplog.text


def _of_unknown_length(batches):
    """Returns the seven batches, of which nothing says that they are so many."""
    return batches.filter(lambda *_: True)


@pytest.mark.parametrize(
    "fit",
    [
        {},
        {"validation_data": None},
        {"steps_per_epoch": 2, "validation_steps": 3},
        {"steps_per_epoch": 3, "validation_steps": 30},  # The third epoch has one.
        {"steps_per_epoch": 100},
    ],
    ids=str,
)
def test_data_of_unknown_length_may_end_at_any_step(fit):
    """As those of known length do: Keras counts a step more where it finds no batch.

    Of its step some operations run before TensorFlow knows that there are no data.
    """
    theirs, their_variables = trained(kinds.dropout, in_graphs=False, **fit)
    fit = {"data": _of_unknown_length, **fit}
    for is_shared in (False, True):
        ours, our_variables = trained(
            kinds.dropout, in_graphs=True, is_shared=is_shared, **fit
        )
        assert largest_difference(ours, theirs) <= TOLERANCE
        for one, other in zip(our_variables, their_variables, strict=True):
            assert one == pytest.approx(other, abs=10 * TOLERANCE)
    _assert_graphs()


@pytest.mark.parametrize("make", [kinds.dropout, _own_step])
def test_the_progress_bar_counts_the_steps_of_data_of_unknown_length(make, capsys):
    model = make()
    training.fit_in_graphs(model, is_shared=False)
    model.fit(_of_unknown_length(dataset(model)), epochs=2, verbose=1)
    assert capsys.readouterr().out.count("7/7") == 2


def test_generators_are_left_to_keras():
    model = kinds.dense()
    training.fit_in_graphs(model, is_shared=True)
    model.fit((batch for batch in dataset(model)), epochs=1, verbose=0)
    assert support._said == {"the length of its data is not known"}


def test_steps_that_graphs_cannot_do_end_with_the_data_too(caplog):
    with caplog.at_level(logging.WARNING):
        data = _of_unknown_length
        _assert_equal(_own_step, data=data, steps_per_epoch=3, validation_data=None)
    assert support._said


def test_wrong_arguments_are_told_by_keras():
    model = kinds.dense()
    training.fit_in_graphs(model, is_shared=True)
    with pytest.raises(TypeError, match=r"fit\(\) got an unexpected .*'nonsense'"):
        model.fit(nonsense=1)
    with pytest.raises(ValueError, match=r"(?s)axis|shape|rank|compatible"):
        model.fit({"x": np.zeros((8, 7), "float32")}, np.zeros((8, 1)), verbose=0)
