"""How far a trial may go before its worker is ended."""

from __future__ import annotations

import dataclasses

from tuner_component.trial import Reason, TrialError


@dataclasses.dataclass(frozen=True)
class TrialLimits:
    """What one trial may use.

    Attributes:
        max_trial_seconds: Length at most; None is no limit. The clock starts when
            the worker begins, not while it still imports.
        max_trial_bytes: Memory of the worker and its descendants at most, sampled
            twice a second (see `memory.group_bytes`); None is no limit.
        recycle_bytes: A worker is replaced between two jobs when it holds so much
            more than after its first job: leaks do not add up over a search.
    """

    max_trial_seconds: float | None = None
    max_trial_bytes: int | None = None
    recycle_bytes: int = 1024**3

    def time_error(self, seconds: float) -> TrialError | None:
        """Returns the error of a trial that has run for so long, if it is one."""
        if self.max_trial_seconds is None or seconds < self.max_trial_seconds:
            return None
        return TrialError(
            Reason.TIMEOUT,
            f"The trial was ended after {seconds:.1f} s; max_trial_seconds allows "
            f"{self.max_trial_seconds:g} s. Allow more, or make trials shorter.",
        )

    def memory_error(self, used_bytes: int) -> TrialError | None:
        """Returns the error of a trial that uses so much memory, if it is one."""
        if self.max_trial_bytes is None or used_bytes <= self.max_trial_bytes:
            return None
        return TrialError(
            Reason.OUT_OF_MEMORY,
            f"The trial was ended at {used_bytes:,} bytes of memory; max_trial_bytes "
            f"allows {self.max_trial_bytes:,}. Allow more, or exclude such models from "
            "the search space.",
        )
