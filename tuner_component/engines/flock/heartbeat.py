"""The signs of life of a worker, and its lease that lasts as long as they do."""

from __future__ import annotations

import time

from tuner_component.engines.flock import layout
from tuner_component.engines.flock.layout import MARK
from tuner_component.engines.flock.lease import Lease
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.retries import RetryingStorage


class Heartbeat:
    """Gives signs of life on the storage: each takes the place of the one before.

    Args:
        storage: The flock's.
        member: The worker's name in the layout.
        lease: The worker's on its trials; every sign of life extends it.

    Attributes:
        next_at: When the next sign is due, in seconds of the monotonic clock.
    """

    def __init__(self, storage: RetryingStorage, member: str, lease: Lease) -> None:
        self.next_at = 0.0
        self._storage, self._member, self._lease = storage, member, lease
        self._number, self._lease_end = 0, 0.0

    @property
    def is_late(self) -> bool:
        """Whether the last sign is so old that the trials may be somebody else's."""
        return self._number > 0 and time.monotonic() >= self._lease_end

    def give(self, timing: Timing) -> None:
        """Gives a sign of life.

        Raises:
            OSError: If the storage fails.
        """
        began = time.monotonic()
        self._storage.write(layout.beat_name(self._member, self._number + 1), MARK)
        self._number += 1
        self._lease_end = began + timing.lease_seconds
        self._lease.extend(self._lease_end)
        self.next_at = began + timing.beat_seconds
        if self._number > 1:
            self._storage.delete(layout.beat_name(self._member, self._number - 1))

    def end(self) -> None:
        """Takes the last sign away.

        Raises:
            OSError: If the storage fails.
        """
        self._storage.delete(layout.beat_name(self._member, self._number))
