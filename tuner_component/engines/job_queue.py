"""The jobs that wait for a worker, and how many of them one gets at once."""

from __future__ import annotations

import collections
from collections.abc import Sequence

from tuner_component.evaluation import Job

_MOST_FRUITLESS = 3  # Times in a row that nothing could be done together.


class JobQueue:
    """First come, first served; new trials in groups where workers can do several.

    Attributes:
        num_together: How many jobs a worker may do at once.
    """

    def __init__(self) -> None:
        self.num_together = 1
        self._jobs: collections.deque[Job] = collections.deque()
        self._alone: set[str] = set()
        self._num_fruitless = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Takes a job."""
        self._jobs.append(job)

    def remove(self, trial_id: str) -> None:
        """Forgets the jobs of a trial."""
        kept = (job for job in self._jobs if job.trial_id != trial_id)
        self._jobs = collections.deque(kept)

    def clear(self) -> None:
        """Forgets all jobs."""
        self._jobs.clear()

    def share(self, num_workers: int) -> list[Job]:
        """Takes out a worker's part of what waits; there must be a job.

        Args:
            num_workers: Those that are free, or will be soon.
        """
        most = min(self.num_together, -(-len(self._jobs) // num_workers))
        jobs = [self._jobs.popleft()]
        while len(jobs) < most and self._fits(jobs[0]) and self._fits(self._jobs[0]):
            jobs.append(self._jobs.popleft())
        return jobs

    def take_back(self, left: Sequence[Job], num_at_once: int) -> None:
        """Takes the jobs that were to be done at once, and were not.

        Args:
            left: They come next, each alone. Nothing is done at once any more where
                that is fruitless time after time.
            num_at_once: How many the worker had.
        """
        num_done = num_at_once - len(left)
        self._num_fruitless = 0 if num_done else self._num_fruitless + 1
        if self._num_fruitless == _MOST_FRUITLESS:
            self.num_together = 1
        self._alone.update(job.trial_id for job in left)
        self._jobs.extendleft(reversed(left))

    def _fits(self, job: Job) -> bool:
        """Whether it may be done with others: it is new, and did not fail to be."""
        return job.is_trial and job.attempt == 0 and job.trial_id not in self._alone
