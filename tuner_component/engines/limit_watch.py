"""Watches that no trial of a pool takes longer or needs more memory than it may."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence

from tuner_component.engines import memory
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.slot import Slot, State
from tuner_component.trial import TrialError

_MEMORY_SECONDS = 0.5
_logger = logging.getLogger(__name__)


class LimitWatch:
    """Looks at the jobs under way; their time is exact, their memory sampled.

    Args:
        limits: What a trial may use; those of the slots.
        slots: Where the jobs run.
    """

    def __init__(self, limits: TrialLimits, slots: Sequence[Slot]) -> None:
        self._samples = limits.max_trial_bytes is not None
        self._slots = slots
        self._next_sample = 0.0
        if self._samples and not memory.can_measure():
            _logger.warning("max_trial_bytes has no effect: this system has no /proc.")

    def next_check(self) -> float:
        """Returns when to look again, in seconds of the monotonic clock."""
        deadlines = [slot.deadline() for slot in self._slots]
        if self._samples and any(slot.state is State.BUSY for slot in self._slots):
            deadlines.append(self._next_sample)
        return min(deadlines, default=math.inf)

    def exceeded(self) -> Iterator[tuple[Slot, TrialError]]:
        """Yields who must end and why; it must have been ended before the next."""
        for slot in self._slots:
            error = slot.overdue()
            if error is not None:
                yield slot, error
        if not self._samples or time.monotonic() < self._next_sample:
            return
        for slot in self._slots:
            error = slot.oversized()
            if error is not None:
                yield slot, error
        self._next_sample = time.monotonic() + _MEMORY_SECONDS
