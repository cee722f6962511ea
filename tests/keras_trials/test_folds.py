"""Which examples a fold has, and that folds share the memory of the whole."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from sklearn import model_selection

from tuner_component.cross_validation import CrossValidation
from tuner_component.data import Split
from tuner_component.errors import PreflightError
from tuner_component.keras_trials import folds

FOUR = CrossValidation(4)


def rows_of(made):
    return [(fold.train.rows.tolist(), fold.validation.rows.tolist()) for fold in made]


def split_of(label):
    label = np.asarray(label)
    x = np.arange(len(label), dtype="float32")[:, None]
    return Split(None, {"x": x, "__label__": label.reshape(len(label), -1)})


@pytest.mark.parametrize("label", [np.arange(22) % 2, np.linspace(0.0, 1.0, 22)])
def test_every_example_is_held_out_once_and_trained_on_otherwise(label):
    rows = rows_of(folds.make(split_of(label), FOUR, 0))
    assert sorted(row for _, held_out in rows for row in held_out) == list(range(22))
    for train, held_out in rows:
        assert sorted(train + held_out) == list(range(22))
        assert len(held_out) in (5, 6)


def test_the_folds_follow_from_the_seed_and_nothing_else():
    label = np.arange(40) % 3
    one, again, other = (
        rows_of(folds.make(split_of(label), FOUR, seed)) for seed in (5, 5, 6)
    )
    assert one == again != other


def test_each_fold_has_its_share_of_every_class():
    label = np.repeat([0, 1, 2], [24, 12, 4])
    for _, held_out in rows_of(folds.make(split_of(label), FOUR, 0)):
        assert np.bincount(label[held_out]).tolist() == [6, 3, 1]


def test_a_splitter_of_scikit_learn_decides_itself():
    label, splitter = np.arange(20) % 2, model_selection.TimeSeriesSplit(3)
    made = folds.make(split_of(label), CrossValidation(splitter), 0)
    expected = splitter.split(np.zeros((20, 1)))
    assert rows_of(made) == [(a.tolist(), b.tolist()) for a, b in expected]


def test_a_splitter_sees_the_classes_and_gets_the_seed():
    label = np.arange(20) % 2
    splitter = model_selection.StratifiedKFold(5, shuffle=True)
    one, again = (
        rows_of(folds.make(split_of(label), CrossValidation(splitter), 3))
        for _ in range(2)
    )
    assert one == again
    assert all(label[held_out].sum() == 2 for _, held_out in one)


def test_folds_and_their_features_copy_no_examples():
    data = split_of(np.arange(20) % 2)
    fold = folds.make(data, FOUR, 0)[1]
    names = frozenset({"x"})
    parts = [fold.train, fold.validation, fold.train.part(np.arange(3))]
    assert all(part.arrays is data.arrays for part in parts)
    assert len({id(part.only(names).arrays) for part in parts}) == 1
    assert parts[2].only(names).rows.tolist() == fold.train.rows[:3].tolist()


def test_a_part_has_its_examples_whoever_reads_them():
    import tensorflow as tf

    data = split_of(np.linspace(0.0, 1.0, 20))
    part = folds.make(data, FOUR, 0)[2].validation
    expected = data.arrays["x"][part.rows, 0].tolist()
    (batch, label), *_ = part.batches(100)
    assert batch["x"][:, 0].numpy().tolist() == expected
    assert label.numpy().tolist() == part.label.tolist()
    for steps in (None, 4):
        batches, number = part.epochs(2, seed=1, steps=steps)
        seen = tf.concat([b["x"][:, 0] for b, _ in batches.take(number)], 0).numpy()
        assert set(seen) == set(expected)
        assert len(seen) == 2 * number if steps else len(seen) == part.num_examples


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cv": 21}, r"cv=21, but the train split has 20 examples; expected at most"),
        ({"scoring": "roc_auc"}, r"scoring='roc_auc'.*model\.compile\(metrics="),
        ({"cv": model_selection.KFold(21)}, r"cannot be cut into folds with cv=KFold"),
    ],
)
def test_what_cannot_be_cut(settings, message):
    with pytest.raises(PreflightError) as caught:
        folds.make(split_of(np.arange(20) % 2), CrossValidation(**settings), 0)
    assert re.search(message, str(caught.value))


def test_a_stream_cannot_be_cut():
    streamed = dataclasses.replace(split_of(np.arange(20)), arrays=None)
    with pytest.raises(PreflightError, match=r"read as a stream.*fit into memory"):
        folds.make(streamed, FOUR, 0)
