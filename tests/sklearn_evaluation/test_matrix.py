"""A split as an estimator takes it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from tests.sklearn_evaluation.trials import CLASSES, Source, X, code_of, run, split_of
from tuner_component.data import Split
from tuner_component.errors import TrialFailedError
from tuner_component.sklearn_evaluation import matrix


def test_features_come_in_the_order_of_the_schema():
    data = matrix.read(split_of(CLASSES))
    assert data.columns == ("age", "wide_0", "wide_1")
    assert (data.x == X).all()
    assert data.y.shape == (120,)


def test_a_missing_value_is_nan():
    sparse = tf.SparseTensor([[0, 0], [2, 0]], [5, 7], [3, 1])
    data = matrix.read(Split(Source([({"a": sparse}, tf.zeros([3, 1]))], ["a"]), None))
    assert data.x[[0, 2], 0].tolist() == [5.0, 7.0]
    assert math.isnan(data.x[1, 0])


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (tf.constant([["x"]]), "'a' is a string.*Transform"),
        (tf.SparseTensor([[0, 1]], [1.0], [1, 2]), "'a' holds lists of different"),
        (tf.ragged.constant([[1.0, 2.0]]), "'a' holds lists of different"),
    ],
)
def test_features_that_are_no_numbers_are_explained(feature, message):
    split = Split(Source([({"a": feature}, tf.zeros([1, 1]))], ["a"]), None)
    with pytest.raises(TrialFailedError, match=message):
        matrix.read(split)


def test_data_that_are_too_large_are_explained():
    with pytest.raises(TrialFailedError, match="larger than 1,000 bytes"):
        matrix.read(split_of(CLASSES), max_bytes=1_000)


def test_labels_may_be_strings():
    names = np.array([b"no", b"yes"], dtype=object)[CLASSES]
    code = dataclasses.replace(code_of(), train=split_of(names))
    assert run(code).metrics["val_accuracy"] > 0.8
