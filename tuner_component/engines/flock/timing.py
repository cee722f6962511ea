"""How often a flock looks, and how long it waits.

Clocks of hosts differ, so none is ever compared with another: signs of life are
counters, and whoever watches them measures with a monotonic clock of its own.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

_GROWTH = 1.5


@dataclasses.dataclass(frozen=True)
class Timing:
    """Seconds of each process's own monotonic clock.

    Other hosts must see a new object within `beat_seconds`. Object stores and local
    disks do; NFS does when it is mounted with `actimeo` no longer than that.

    Attributes:
        beat_seconds: Between two signs of life.
        lease_seconds: A worker that could not give one for so long ends its trials,
            at least three times `beat_seconds`.
        patience_seconds: How long a worker waits for a coordinator, and a coordinator
            for the first worker, or for another one after the last has gone.
        batch_seconds: Measurements are gathered for so long before they are sent.
        shortest_poll_seconds: Between two looks for news when there was some.
        longest_poll_seconds: The same after a long time without.
    """

    beat_seconds: float = 5.0
    lease_seconds: float = 20.0
    patience_seconds: float = 600.0
    batch_seconds: float = 1.0
    shortest_poll_seconds: float = 0.01
    longest_poll_seconds: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < 3 * self.beat_seconds <= self.lease_seconds:
            raise ValueError(
                f"beat_seconds={self.beat_seconds:g} and lease_seconds="
                f"{self.lease_seconds:g}; expected a lease of three beats at least."
            )
        if not 0 < self.shortest_poll_seconds <= self.longest_poll_seconds:
            raise ValueError(
                f"shortest_poll_seconds={self.shortest_poll_seconds:g} and "
                f"longest_poll_seconds={self.longest_poll_seconds:g}; expected "
                "0 < shortest <= longest."
            )

    @property
    def expiry_seconds(self) -> float:
        """After so long without a sign of life a worker's trials go to others.

        Longer than a lease: the worker has ended them by then, even if it was only
        cut off.
        """
        return self.lease_seconds + 2 * self.beat_seconds


class Silence:
    """How long somebody has given no sign of life while somebody looked.

    An observer that was away itself, stopped or busy, must not take its own absence
    for the silence of others: between two looks, `longest_gap_seconds` count at most.

    Args:
        longest_gap_seconds: See above.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, longest_gap_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest_gap = longest_gap_seconds
        self._clock = clock
        self._sign: object = None
        self._looked_at = clock()
        self.seconds = 0.0

    def look(self, sign: object) -> float:
        """Returns the seconds since `sign` was last another one."""
        now = self._clock()
        gap, self._looked_at = now - self._looked_at, now
        if sign == self._sign:
            self.seconds += min(gap, self._longest_gap)
        else:
            self._sign, self.seconds = sign, 0.0
        return self.seconds


class Pace:
    """Pauses between looks for news: short after some, then longer and longer."""

    def __init__(self, timing: Timing) -> None:
        self._shortest = timing.shortest_poll_seconds
        self._longest = timing.longest_poll_seconds
        self._pause = self._shortest

    def quicken(self) -> None:
        """Says that there was news."""
        self._pause = self._shortest

    def pause(self) -> float:
        """Returns the seconds until the next look."""
        pause = self._pause
        self._pause = min(pause * _GROWTH, self._longest)
        return pause
