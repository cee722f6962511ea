"""How many workers a search is worth: each begins by making what others have already.

A worker reads the data and traces the model before its first trial, as exploring did.
One more saves time only while more is left to do than that takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


class Growth:
    """Says how many workers there should be by now; never fewer than before.

    With `n` workers what is left takes `left / n`, with one more `(left + start) /
    (n + 1)`: one more is faster while `left > n * start`.

    Args:
        num_jobs: Trials that are to come.
        start_seconds: What a worker does before its first trial, as time.
    """

    def __init__(self, num_jobs: int, start_seconds: float) -> None:
        self._num_left, self._start = num_jobs, start_seconds
        self._seconds: list[float] = []
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
        known = max(running, default=0.0), sum(self._seconds)
        # The first trials of a worker make things that later ones have already.
        longest, ended = (max(0.0, seconds - self._start) for seconds in known)
        each = max(longest, ended / max(1, len(self._seconds)))
        left = max(0, self._num_left) * each
        worth = most if left > most * self._start else math.ceil(left / self._start)
        self._num_workers = max(self._num_workers, min(most, worth))
        return self._num_workers
