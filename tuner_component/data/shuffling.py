"""The order that `tf.data` shuffles in, worked out without it.

Each row is drawn from a window of those that are left, which the next one of all then
enters; a window of all rows makes it Fisher and Yates' shuffle. The random words are
those of Philox-4x32-10: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3,
2011.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_ROUNDS = 10
_FACTORS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
_STEPS = np.array([0x9E3779B9, 0xBB67AE85], np.uint64)
_MASK, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_BLOCKS_AT_ONCE = 64

Seeds = tuple[int, int]


def shuffled(num_rows: int, window: int, seeds: Seeds) -> Iterator[int]:
    """Yields 0 to num_rows - 1 as an iterator over a shuffled dataset does.

    Args:
        num_rows: Of the dataset.
        window: `buffer_size` of its `shuffle`, >= 1.
        seeds: Those of the iterator.
    """
    window = min(window, num_rows)
    rows = list(range(window))
    for place, word in zip(range(num_rows), words(seeds), strict=False):
        drawn = (place + word % min(window, num_rows - place)) % window
        row, rows[drawn] = rows[drawn], rows[place % window]
        rows[place % window] = place + window
        yield row


def words(seeds: Seeds) -> Iterator[int]:
    """Yields random words of 32 bits, as TensorFlow's generator of two seeds does."""
    key, upper = _halves(seeds[0]), _halves(seeds[1])
    first = 0
    while True:
        numbers = np.arange(first, first + _BLOCKS_AT_ONCE, dtype=np.uint64)
        counters = np.empty((4, _BLOCKS_AT_ONCE), np.uint64)
        counters[0], counters[1] = numbers & _MASK, numbers >> _HALF
        counters[2:] = upper[:, None]
        yield from _philox(counters, key).T.ravel().tolist()
        first += _BLOCKS_AT_ONCE


def _halves(seed: int) -> Words:
    """Returns the lower and the upper half of a whole number of 64 bits with sign."""
    return np.array([seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF], np.uint64)


def _philox(counters: Words, key: Words) -> Words:
    """Returns the words of some counters, both of shape (4, n)."""
    even, odd = counters[::2], counters[1::2]
    for _ in range(_ROUNDS):
        products = even * _FACTORS[:, None]
        # Each half is made of the other one's product.
        even = (products[::-1] >> _HALF) ^ odd ^ key[:, None]
        odd = products[::-1] & _MASK
        key = (key + _STEPS) & _MASK
    found = np.empty_like(counters)
    found[::2], found[1::2] = even, odd
    return found
