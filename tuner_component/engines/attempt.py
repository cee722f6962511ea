"""One attempt at a job, as the driver of its worker follows it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from tuner_component.engines.worker_log import tail
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Measurement, Reason, TrialError


@dataclasses.dataclass
class Attempt:
    """A job under way, as far as the driver knows it.

    Attributes:
        job: The job.
        started: Seconds of the monotonic clock; None: not yet.
        measurements: Those reported.
        error: Why the driver ended it.
        log_bytes: Where it begins in the worker's log.
    """

    job: Job
    started: float | None = None
    measurements: list[Measurement] = dataclasses.field(default_factory=list)
    error: TrialError | None = None
    log_bytes: int = 0

    def seconds(self) -> float:
        """Returns for how long it has been running."""
        return 0.0 if self.started is None else time.monotonic() - self.started

    def broken_off(self, how: str, worker: str, log: Path) -> Outcome:
        """Returns its outcome when its worker has ended.

        Args:
            how: The worker ended, for people: what follows "The worker died: ".
            worker: Its name.
            log: Its log.
        """
        error = self.error or TrialError(
            Reason.INFRASTRUCTURE, f"The worker died: {how}"
        )
        return Outcome(
            self.job.trial_id,
            self.job.attempt,
            measurements=tuple(self.measurements),
            error=dataclasses.replace(error, traceback=tail(log, self.log_bytes)),
            started_at=time.time() - self.seconds(),
            duration_seconds=self.seconds(),
            worker=worker,
        )
