"""Rows in the order of `tf.data`, which is asked each time."""

from __future__ import annotations

import itertools
import math

import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuner_component.data.row_order import RowOrder, Shuffling, num_batches
from tuner_component.data.shuffling import shuffled, words

_MOST = 40
STEPS = st.lists(
    st.tuples(st.sampled_from(["repeat", "take", "skip"]), st.integers(-1, 4)),
    max_size=3,
)


def pipeline(num_rows, shuffle, num_epochs, batch_size, is_cut, steps):
    """Returns the dataset, and what is to be its order."""
    rows, shuffling = tf.data.Dataset.range(num_rows), None
    if shuffle is not None:
        window, seed = shuffle
        rows = rows.shuffle(window, seed)
        shuffling = Shuffling(window, (int(rows._seed), int(rows._seed2)))
    if num_epochs != 1:
        rows = rows.repeat(num_epochs)
    rows = rows.batch(batch_size, drop_remainder=is_cut)
    order = RowOrder(num_rows, shuffling, num_epochs, batch_size, is_cut)
    options = tf.data.Options()
    options.autotune.enabled = False  # It reads ahead, into the next shuffle.
    rows = rows.with_options(options)
    for step, count in steps:
        rows, order = getattr(rows, step)(count), order.then(step, count)
    return rows, order


def taken(batches):
    return [batch.tolist() for batch in itertools.islice(batches, _MOST)]


@settings(max_examples=150, deadline=None)
@given(
    num_rows=st.integers(1, 30),
    shuffle=st.none() | st.tuples(st.integers(1, 40), st.integers(0, 2**31 - 1)),
    num_epochs=st.sampled_from([None, 1, 2, 3]),
    batch_size=st.integers(1, 12),
    is_cut=st.booleans(),
    steps=STEPS,
)
@example(9, (4, 0), 1, 4, True, [("skip", 9), ("repeat", -1)])  # Nothing, for ever.
@example(3, (9, 5), 1, 4, True, [("repeat", -1)])
@example(2, (2, 0), None, 1, False, [("take", 1), ("repeat", 1)])
def test_it_is_that_of_tf_data(
    num_rows, shuffle, num_epochs, batch_size, is_cut, steps
):
    theirs, ours = pipeline(num_rows, shuffle, num_epochs, batch_size, is_cut, steps)
    for _ in range(3):  # Each iterator is shuffled anew.
        assert taken(ours) == taken(theirs.as_numpy_iterator())
    number = num_batches(ours)
    assert int(theirs.cardinality()) == (-1 if number == math.inf else number)


def test_an_iterator_that_is_not_used_takes_its_seeds_too():
    theirs, ours = pipeline(30, (40, 3), 1, 8, False, [])
    iter(theirs), iter(ours)
    assert taken(ours) == taken(theirs.as_numpy_iterator())


def test_the_global_seed_counts():
    tf.random.set_seed(4)
    theirs, ours = pipeline(30, (40, None), None, 8, True, [("repeat", -1)])
    assert taken(ours) == taken(theirs.as_numpy_iterator())


def test_a_window_smaller_than_what_is_drawn_at_once():
    """More random words than are made at once."""
    theirs = tf.data.Dataset.range(5_000).shuffle(700, 8)
    shuffling = Shuffling(700, (int(theirs._seed), int(theirs._seed2)))
    rows = shuffled(5_000, 700, shuffling.next())
    assert list(rows) == list(theirs.as_numpy_iterator())


def test_without_seeds_no_two_are_alike():
    one, other = (Shuffling(100, (0, 0)).next() for _ in range(2))
    assert list(shuffled(100, 100, one)) != list(shuffled(100, 100, other))
    assert sorted(shuffled(100, 100, one)) == list(range(100))


@pytest.mark.parametrize("seeds", [(5, 7), (-1, 2**63 - 1), (-(2**63), 1 << 40)])
def test_words_are_tensorflows(seeds):
    """The seeds of a dataset's iterators are the first words of its own."""
    found = list(itertools.islice(words(seeds), 600))
    assert all(0 <= word < 2**32 for word in found)
    assert len(set(found)) > 590
    rows = tf.data.Dataset.range(50)
    shuffle = tf.raw_ops.ShuffleDataset(
        input_dataset=rows._variant_tensor,
        buffer_size=50,
        seed=seeds[0],
        seed2=seeds[1],
        output_types=[tf.int64],
        output_shapes=[[]],
        reshuffle_each_iteration=False,
    )
    theirs = type(rows.take(1)).__mro__[1](rows, shuffle)
    assert list(shuffled(50, 50, seeds)) == list(theirs.as_numpy_iterator())
