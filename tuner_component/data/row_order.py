"""The rows that the batches of a dataset are made of, in order, without the dataset.

`tf.data` takes milliseconds to make an iterator, fill its window and end it, as long as
an epoch of a small model takes; and that at every validation.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tuner_component.data.shuffling import Seeds, shuffled, words

Rows = npt.NDArray[np.int64]


class Shuffling:
    """How a dataset is shuffled: each of its iterators has the next pair of seeds.

    Args:
        window: `buffer_size`, >= 1.
        seeds: Those of the dataset; (0, 0) for any.
    """

    def __init__(self, window: int, seeds: Seeds) -> None:
        self.window = window
        if seeds == (0, 0):
            seeds = (secrets.randbits(63), secrets.randbits(63))
        self._words = words(seeds)

    def next(self) -> Seeds:
        """Returns the seeds of the next iterator."""
        return next(self._words), next(self._words)


@dataclasses.dataclass(frozen=True)
class RowOrder:
    """Rows, perhaps shuffled, repeated, and in batches.

    Attributes:
        num_rows: At least 1.
        shuffling: How they are shuffled; None: they are not.
        num_epochs: How often they are repeated before they become batches; None:
            for ever.
        batch_size: Rows in a batch.
        is_cut: Whether a last batch that would be smaller is left out.
        steps: What is done with the batches: `"repeat"`, `"take"` or `"skip"`, each
            with the number that the method of `tf.data` is told.
    """

    num_rows: int
    shuffling: Shuffling | None
    num_epochs: int | None
    batch_size: int
    is_cut: bool
    steps: Sequence[tuple[str, int]] = ()

    def then(self, step: str, count: int) -> RowOrder:
        """Returns the order after another step."""
        if (step, count) == ("repeat", 1):
            return self  # `tf.data` leaves it out, so that it begins no second pass.
        return dataclasses.replace(self, steps=(*self.steps, (step, count)))

    def __iter__(self) -> Iterator[Rows]:
        """Returns an iterator over batches, each of shape `(batch,)`."""
        return _batches(self, self.steps, _Passes(self))


def num_batches(order: RowOrder) -> float:
    """Returns how many batches `tf.data` counts; infinity where it sees no end."""
    epochs = math.inf if order.num_epochs is None else order.num_epochs
    batches = epochs * order.num_rows / order.batch_size
    if batches != math.inf:
        batches = math.floor(batches) if order.is_cut else math.ceil(batches)
    for step, count in order.steps:
        if step == "repeat" and count < 0:
            batches = math.inf if batches else 0
        elif step == "repeat":
            batches = batches * count if count else 0
        elif step == "take" and count >= 0:
            batches = min(batches, count)
        elif step == "skip" and batches != math.inf:
            batches = max(0, batches - count) if count >= 0 else 0
    return batches


class _Passes:
    """Passes of one iterator over rows, which has a pass's seeds when it begins it."""

    def __init__(self, order: RowOrder) -> None:
        self._num_rows, self._shuffling = order.num_rows, order.shuffling
        self.begin()

    def begin(self) -> None:
        """Begins a pass, whether any row of it will be asked for or not."""
        self._seeds = None if self._shuffling is None else self._shuffling.next()

    def rows(self) -> Iterator[int]:
        """Returns the rows of the pass."""
        if self._shuffling is None or self._seeds is None:
            return iter(range(self._num_rows))
        return shuffled(self._num_rows, self._shuffling.window, self._seeds)


def _batches(
    order: RowOrder, steps: Sequence[tuple[str, int]], passes: _Passes
) -> Iterator[Rows]:
    if not steps:
        yield from _plain_batches(order, passes)
        return
    *before, (step, count) = steps
    number = None if count < 0 else count

    def batches() -> Iterator[Rows]:
        return _batches(order, before, passes)

    if step == "repeat":
        yield from _repeated(batches, number, passes)
    elif step == "take":
        yield from itertools.islice(batches(), number)
    elif number is not None:
        yield from itertools.islice(batches(), number, None)


def _plain_batches(order: RowOrder, passes: _Passes) -> Iterator[Rows]:
    rows = _plain_rows(order, passes)
    while batch := list(itertools.islice(rows, order.batch_size)):
        if len(batch) == order.batch_size or not order.is_cut:
            yield np.array(batch, np.int64)


def _plain_rows(order: RowOrder, passes: _Passes) -> Iterator[int]:
    """Yields rows as a `repeat` does that shuffles too: it begins no pass in vain."""
    for number in _times(order.num_epochs):
        if number:
            passes.begin()
        yield from passes.rows()


def _repeated(
    make: Callable[[], Iterator[Rows]], number: int | None, passes: _Passes
) -> Iterator[Rows]:
    """Yields batches as `repeat` does: it begins another pass at the end of each."""
    for _ in _times(number):
        again = make()
        first = next(again, None)
        if first is None:
            return  # Nothing for ever would never end.
        yield first
        yield from again
        passes.begin()


def _times(number: int | None) -> Iterable[int]:
    return itertools.count() if number is None else range(number)
