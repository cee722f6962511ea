"""Keras' own `fit` on rows of a table is `fit` on the batches that they make."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tfx_bsl.public import tfxio

from tests.training import kinds
from tests.training.compared import largest_difference
from tuner_component import training
from tuner_component.data import row_batches
from tuner_component.data.accessor import dataset
from tuner_component.data.table import Table
from tuner_component.training import row_graphs, support, xla

pytestmark = pytest.mark.usefixtures("nothing_known")

TOLERANCE = 1e-4
BATCH_SIZE = 16


@pytest.fixture
def by_rows(monkeypatch):
    """What graphs were made of rows, None for each `fit` that had none."""
    found, made = [], row_graphs.of

    def noted(*args, **kwargs):
        found.append(made(*args, **kwargs))
        return found[-1]

    monkeypatch.setattr(row_graphs, "of", noted)
    return found


def table(names=("x",)):
    features = {name: kinds.FEATURES[name] for name in names}
    return Table.of({**features, "y": kinds.LABEL})


def batches(of, *, shuffle=False, num_epochs: int | None = 1, **more):
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=BATCH_SIZE,
        label_key="y",
        shuffle=shuffle,
        shuffle_seed=5,
        num_epochs=num_epochs,
        **more,
    )
    return dataset(of, options)


def trained(build, data, *, in_graphs, is_shared=True, **fit):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    model = build()
    if in_graphs:
        training.fit_in_graphs(model, is_shared=is_shared)
    train, validation = data(table([tensor.name for tensor in model.inputs]))
    if "callbacks" in fit:
        fit = {**fit, "callbacks": fit["callbacks"]()}
    history = model.fit(
        train, validation_data=validation, **{"epochs": 3, "verbose": 0, **fit}
    )
    return history.history, [np.array(v) for v in model.variables]


def assert_equal(build, data, tolerance=TOLERANCE, **fit):
    theirs, their_variables = trained(build, data, in_graphs=False, **fit)
    for is_shared in (False, True):
        ours, our_variables = trained(
            build, data, in_graphs=True, is_shared=is_shared, **fit
        )
        assert largest_difference(ours, theirs) <= tolerance
        for one, other in zip(our_variables, their_variables, strict=True):
            assert one == pytest.approx(other, abs=10 * tolerance)
    assert not support._said


def one_pass(of):
    return batches(of, shuffle=True), batches(of)


def endless(of):
    return batches(of, shuffle=True, num_epochs=None), batches(of, num_epochs=None)


def stock(of):
    """As TFX's examples do."""
    return endless(of)[0].repeat(), endless(of)[1].repeat()


def cut(of):
    return batches(of, drop_final_batch=True).skip(1).prefetch(2), batches(of).take(3)


def _stopping():
    return [keras.callbacks.EarlyStopping("val_loss", baseline=0.1, patience=1)]


STEPS = {"steps_per_epoch": 5, "validation_steps": 3}


@pytest.mark.parametrize("build", [kinds.dense, kinds.embeddings, kinds.dropout])
@pytest.mark.parametrize(
    ("data", "fit"),
    [(one_pass, {}), (endless, STEPS), (stock, STEPS), (cut, {})],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_it_is_fit(build, data, fit, by_rows):
    assert_equal(build, data, **fit)
    assert all(by_rows)


@pytest.mark.parametrize(
    "fit",
    [
        {"class_weight": {0: 0.2, 1: 1.0, 2: 3.0}, "validation_freq": 2},
        {"initial_epoch": 1, "epochs": 3},
        {"callbacks": _stopping},
    ],
    ids=["weighted", "continued", "stopped"],
)
def test_it_is_fit_whatever_it_is_told(fit, by_rows):
    assert_equal(kinds.dropout, one_pass, **fit)
    assert all(by_rows)


def test_there_may_be_no_validation(by_rows):
    assert_equal(kinds.dense, lambda of: (one_pass(of)[0], None))
    assert all(by_rows)


@pytest.mark.parametrize("build", [kinds.dense, kinds.dropout])
def test_xla_trains_it(build, by_rows, monkeypatch):
    monkeypatch.setattr(xla, "_LEAST_STEPS", 1)
    xla._is_faster.clear()
    before = len(xla._programs)
    assert_equal(build, endless, **STEPS)
    assert all(by_rows)
    assert len(xla._programs) > before


def test_the_next_trial_has_the_same_graphs(by_rows):
    for _ in range(2):
        trained(kinds.dense, endless, in_graphs=True, **STEPS)
    first, second = by_rows
    assert first._graphs is second._graphs


@pytest.mark.parametrize(
    "data",
    [
        lambda of: (batches(of).map(lambda x, y: (x, y)), batches(of)),
        lambda of: (batches(of), batches(of).shuffle(3, seed=1)),
        lambda of: (batches(of).repeat(2), batches(of)),  # The sixth batch is smaller.
    ],
    ids=["mapped", "shuffled", "repeated"],
)
def test_other_data_train_as_they_are(data, by_rows):
    assert_equal(kinds.dense, data)
    assert by_rows == [None, None]


def test_no_examples_are_no_rows():
    none = Table.of({name: array[:0] for name, array in table().arrays().items()})
    assert row_batches(batches(none)) is None
    assert row_batches(batches(table())) is not None


def test_a_dataset_goes_with_its_last_user():
    """Not with the next collection, of which there is one in ten trials."""
    made = batches(table(), shuffle=True)
    alive = weakref.ref(made)
    assert row_batches(made) is not None
    gc.disable()
    try:
        del made
        assert alive() is None
    finally:
        gc.enable()


def test_strings_and_unlabelled_examples_are_no_rows():
    options = tfxio.TensorFlowDatasetOptions(batch_size=BATCH_SIZE)
    assert row_batches(dataset(table(), options)) is None
    assert row_batches(tf.data.Dataset.range(3)) is None
    assert row_batches({"x": np.zeros(3)}) is None
