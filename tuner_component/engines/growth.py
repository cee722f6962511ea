"""How many workers a search is worth: each begins by making what others have already.

A worker traces the model before its first trial, as exploring did. One more saves time
only while more is left to do than that takes.
"""

from __future__ import annotations

import collections
import math
import statistics
from collections.abc import Iterable

_LEAST_GAIN = 2.0
_MOST_STARTS = 2.0
"""Of a first trial's time: its model may be a larger one than that of exploring."""
_NUM_LATEST = 9


class Growth:
    """Says how many workers there should be by now; never fewer than before.

    With `n` workers what is left takes `left / n`, with one more `(left + start) /
    (n + 1)`: that is less while `left > n * start`. It must be twice as much, or
    processor time is spent for little.

    Args:
        num_jobs: Trials that are to come.
        start_seconds: What a worker does before its first trial, as time.
    """

    def __init__(self, num_jobs: int, start_seconds: float) -> None:
        self._num_left, self._start = num_jobs, start_seconds
        self._seconds: collections.deque[float] = collections.deque(maxlen=_NUM_LATEST)
        self._num_workers = 1

    def submitted(self) -> None:
        """Notes that one more trial waits or runs."""
        self._num_left -= 1

    def ended(self, seconds: float) -> None:
        """Notes how long a trial took."""
        self._seconds.append(seconds)

    def num_workers(self, most: int, running: Iterable[float]) -> int:
        """Returns how many there should be.

        Args:
            most: How many there can be.
            running: For each trial that runs, since when, in seconds.
        """
        known = max(self._each(), self._beyond_start(max(running, default=0.0)))
        left = max(0, self._num_left) * known
        worth = math.ceil(min(left / self._start / _LEAST_GAIN, most))
        self._num_workers = max(self._num_workers, worth)
        return self._num_workers

    def _each(self) -> float:
        """Returns how long a trial takes that has nothing to make for others."""
        if len(self._seconds) > 1:
            return statistics.median_low(self._seconds)
        return self._beyond_start(sum(self._seconds))

    def _beyond_start(self, seconds: float) -> float:
        return max(0.0, seconds - _MOST_STARTS * self._start)
