"""Training by graphs is training by `fit`, whatever the model."""

from __future__ import annotations

import keras
import pytest

from tests.training import kinds
from tests.training.compared import curves, largest_difference

# Both do the same operations on the same numbers. TensorFlow may compute them in
# another order, and every step carries that rounding further.
TOLERANCE = 1e-4
# Its numbers have 8 bits: processors that multiply them in hardware round differently.
TOLERANCE_OF_BFLOAT16 = 1e-2


def _assert_equal(found, tolerance=TOLERANCE):
    (theirs, their_variables), (ours, our_variables) = found
    assert largest_difference(ours, theirs) <= tolerance
    assert len(our_variables) == len(their_variables)
    for one, other in zip(our_variables, their_variables, strict=True):
        # Adam turns the sign of a gradient that is nothing but rounding into a step.
        assert one == pytest.approx(other, abs=10 * tolerance)


@pytest.mark.parametrize("build", kinds.FAST)
def test_it_is_what_fit_does(build):
    _assert_equal(curves(build))


@pytest.mark.slow
@pytest.mark.parametrize("build", kinds.SLOW)
def test_it_is_what_fit_does_for_other_kinds(build):
    rounds = build is kinds.bfloat16
    _assert_equal(curves(build), TOLERANCE_OF_BFLOAT16 if rounds else TOLERANCE)


@pytest.mark.parametrize(
    "given",
    [
        {"steps": 9, "validation_steps": 8, "class_weight": {0: 0.2, 1: 1.0, 2: 3.0}},
        pytest.param({"weighted": True, "validation_freq": 2}, marks=pytest.mark.slow),
    ],
    ids=["steps_class_weight", "sample_weight"],
)
def test_it_is_what_fit_does_with_other_arguments(given):
    _assert_equal(curves(kinds.dropout, **given))


@pytest.mark.slow
def test_weights_and_seeds_matter():
    """Without them the tests above could not fail."""
    plain, weighted = curves(kinds.dropout), curves(kinds.dropout, weighted=True)
    assert largest_difference(plain[1][0], weighted[1][0]) > TOLERANCE


class _Recorded(keras.callbacks.Callback):
    def __init__(self, calls):
        super().__init__()
        self.calls = calls

    def on_train_begin(self, logs=None):
        self.calls.append("train_begin")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("epoch_begin", epoch, float(self.learning_rate.numpy())))

    def on_test_begin(self, logs=None):
        self.calls.append("test_begin")

    def on_test_end(self, logs=None):
        self.calls.append(("test_end", sorted(logs)))

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("epoch_end", epoch, sorted(logs)))
        self.learning_rate.assign(self.learning_rate / 2)
        self.model.stop_training = epoch == 1

    def on_train_end(self, logs=None):
        self.calls.append(("train_end", sorted(logs), self.params))

    @property
    def learning_rate(self):
        return self.model.optimizer.learning_rate


def test_callbacks_are_called_as_fit_calls_them():
    calls = []
    found = curves(kinds.dense, callbacks=lambda: [_Recorded(calls)])
    _assert_equal(found)
    half = len(calls) // 2
    assert calls[:half] == calls[half:]
    assert len(found[1][0]["loss"]) == 2


def test_the_usual_callbacks_do_what_they_do(tmp_path):
    def made():
        library = keras.callbacks
        path = f"{tmp_path}/{{epoch}}.weights.h5"
        return [
            library.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            library.ReduceLROnPlateau("val_loss", 0.1, patience=1, min_delta=1),
            library.EarlyStopping("val_loss", patience=1, min_delta=1),
            library.ModelCheckpoint(path, "val_loss", save_weights_only=True),
        ]

    found = curves(kinds.dense, callbacks=made)
    _assert_equal(found)
    assert len(found[1][0]["learning_rate"]) == 2
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["1", "2"]
