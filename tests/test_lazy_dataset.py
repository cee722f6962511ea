"""A dataset that is not made yet is the one that would be made."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from tfx_bsl.public import tfxio

from tuner_component.data import accessor, ordered_rows, row_batches
from tuner_component.data.table import Table

NUM_ROWS = 23
ARRAYS = {
    "x": np.arange(2 * NUM_ROWS, dtype=np.float32).reshape(NUM_ROWS, 2),
    "code": np.arange(NUM_ROWS, dtype=np.int64),
    "is": np.arange(NUM_ROWS, dtype=np.uint8).reshape(NUM_ROWS, 1, 1),
    "y": np.arange(NUM_ROWS, dtype=np.int64).reshape(NUM_ROWS, 1),
}
KINDS = {
    "one pass": {"num_epochs": 1},
    "cut": {"num_epochs": 1, "drop_final_batch": True},
    "endless": {"num_epochs": None},
    "shuffled": {"num_epochs": 2, "shuffle": True, "shuffle_seed": 3},
    "in a window": {"num_epochs": None, "shuffle": True, "shuffle_buffer_size": 5},
}
STEPS = {
    "none": lambda batches: batches,
    "repeat": lambda batches: batches.repeat(),
    "repeat twice": lambda batches: batches.repeat(count=2),
    "take": lambda batches: batches.take(2),
    "skip": lambda batches: batches.skip(1).prefetch(tf.data.AUTOTUNE),
    "options": lambda batches: batches.with_options(_ordered()),
}


def _ordered():
    options = tf.data.Options()
    options.deterministic = True
    return options


def made(*, label_key="y", batch_size=4, **more):
    given = {"shuffle": False, **more}
    options = tfxio.TensorFlowDatasetOptions(
        batch_size=batch_size, label_key=label_key, **given
    )
    return accessor.dataset(Table.of(ARRAYS), options)


def seen(batches):
    return [
        [part.tolist() for part in tf.nest.flatten(batch)]
        for batch in itertools.islice(batches.as_numpy_iterator(), 20)
    ]


@pytest.fixture
def nothing_real(monkeypatch):
    """From now on no dataset of `tf.data` can be made."""

    def refuse(*_):
        raise AssertionError("It was made.")

    monkeypatch.setattr(accessor, "_made", refuse)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_looks_like_the_real_one(kind, steps):
    ours = STEPS[steps](made(**KINDS[kind]))
    looks = ours.element_spec, int(ours.cardinality()), ours.options()
    real = tf.data.Dataset.zip((ours,)).map(lambda batch: batch)
    assert ours.element_spec == real.element_spec == looks[0]
    assert int(real.cardinality()) == looks[1]
    assert looks[2].autotune.enabled is False
    assert real.options().deterministic == looks[2].deterministic
    assert looks[2].deterministic is (True if steps == "options" else None)
    assert isinstance(ours, tf.data.Dataset)


@pytest.mark.parametrize("steps", ["none", "repeat", "take", "skip", "options"])
def test_nothing_is_made_for_those_who_need_rows_only(steps, nothing_real):
    batches = STEPS[steps](made(**KINDS["endless"]))
    rows = ordered_rows(row_batches(batches))
    assert rows.element_spec == batches.element_spec
    assert int(rows.cardinality()) == int(batches.cardinality())
    found = list(itertools.islice(rows, 3))
    first = 4 if steps == "skip" else 0
    assert np.concatenate(found[:2]).tolist() == list(range(first, first + 8))


def test_what_is_not_known_is_made_at_once():
    for batches in (made(label_key=None), made(num_epochs=1).repeat(2)):
        assert row_batches(batches) is None
        assert len(seen(batches)) > 4


def test_it_is_shuffled_as_if_it_had_been_made_at_once():
    """Whatever is seeded, and whoever draws a seed, before somebody asks for it."""
    tf.random.set_seed(5)
    rows = tf.data.Dataset.range(NUM_ROWS).shuffle(5).batch(4)
    after = tf.data.Dataset.range(NUM_ROWS).shuffle(9)
    tf.random.set_seed(5)
    ours = made(num_epochs=1, shuffle=True, shuffle_buffer_size=5)
    next_one = tf.data.Dataset.range(NUM_ROWS).shuffle(9)
    tf.random.set_seed(6)
    assert seen(ours.map(lambda x, _: x["code"])) == seen(rows)
    assert seen(next_one) == seen(after)


def test_iterators_of_one_go_on_with_its_seeds():
    tf.random.set_seed(5)
    theirs = tf.data.Dataset.range(NUM_ROWS).shuffle(5).batch(4)
    tf.random.set_seed(5)
    ours = made(num_epochs=1, shuffle=True, shuffle_buffer_size=5)
    for _ in range(3):
        found = [batch["code"].numpy().tolist() for batch, _ in ours]
        assert [[batch] for batch in found] == seen(theirs)


def test_what_users_do_with_datasets():
    batches = made(num_epochs=1)
    assert len(batches) == 6
    codes = batches.unbatch().filter(lambda x, y: y[0] > 20).map(lambda x, _: x["code"])
    assert list(codes.as_numpy_iterator()) == [21, 22]
    both = tf.data.Dataset.zip((batches, batches)).concatenate(
        tf.data.Dataset.zip((batches, batches))
    )
    assert len(seen(both)) == 12
    assert int(batches.reduce(np.int64(0), lambda n, b: n + tf.reduce_sum(b[1]))) == 253
    assert int(tf.function(_sum)(batches)) == 253


def _sum(batches):
    total = tf.constant(0, tf.int64)
    for _, label in batches:
        total += tf.reduce_sum(label)
    return total


def test_it_can_be_saved(tmp_path):
    batches = made(num_epochs=1)
    batches.save(str(tmp_path / "saved"))
    assert seen(tf.data.Dataset.load(str(tmp_path / "saved"))) == seen(batches)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"shuffle_buffer_size": 0}])
def test_a_bad_size_is_said_at_once(options):
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
        made(num_epochs=1, shuffle=True, **options)


@pytest.mark.parametrize("count", ["three", 1.5, tf.constant([1, 2])])
def test_a_bad_count_is_said_at_once(count):
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        made(num_epochs=None).take(count)
