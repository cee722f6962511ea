"""`fn_args.working_dir`: a folder of the study, for files of the user's code."""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.gfile_store import is_remote
from tuner_component.trial import Measurement


class InWorkingDir:
    """An evaluator whose jobs find the folder of their study in `fn_args`.

    It is made for the first job, so that all of the user's code that it calls finds
    that folder too.

    Args:
        fn_args: TFX's `FnArgs`; what has no `working_dir` is left as it is.
        make: Returns what evaluates the jobs.
    """

    def __init__(self, fn_args: Any, make: Callable[[], Evaluator]) -> None:
        self._fn_args, self._make = fn_args, functools.cache(make)

    def __call__(self, job: Job, report: Report) -> Evaluation:
        """Evaluates one job."""
        return self._entered(job)(job, report)

    def together(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterable[tuple[Job, Callable[[], Evaluation]]]:
        """Evaluates jobs of one study; see `evaluation.Together`."""
        evaluator: Any = self._entered(jobs[0])
        if not hasattr(evaluator, "together"):
            return ()
        trained: Iterable[Any] = evaluator.together(jobs, report)
        return trained

    def _entered(self, job: Job) -> Evaluator:
        if hasattr(self._fn_args, "working_dir"):
            self._fn_args.working_dir = folder = _folder(job)
            if not is_remote(folder):
                Path(folder).mkdir(parents=True, exist_ok=True)
        return self._make()


def _folder(job: Job) -> str:
    """Returns what the trials of a job's study share.

    Which study it is, is known after exploring: that has a folder of its own.
    """
    exploring = "explore" in job.note
    parent = (
        job.folder if exploring else posixpath.dirname(posixpath.dirname(job.folder))
    )
    return f"{parent}/working_dir"
