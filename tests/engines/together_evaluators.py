"""Evaluators that do jobs at once; `job.values` says what happens to them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tuner_component.evaluation import Evaluation, Job, Report
from tuner_component.trial import Measurement


class Together:
    """Does at once what does not say `alone`."""

    def __call__(self, job: Job, report: Report) -> Evaluation:
        _await(job)
        report(Measurement(1, {"loss": 0.5}))
        return Evaluation({"loss": 0.5}, report={"together": 1})

    def together(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterator[tuple[Job, Callable[[], Evaluation]]]:
        mine = [job for job in jobs if job.values["do"] != "alone"]
        for job in mine:
            _await(job)
            _note(job)
            report(job, Measurement(1, {"loss": 0.5}))
        _befalls({str(job.values["do"]) for job in mine})
        for job in mine:
            yield job, lambda job=job: _end(job, len(mine))


def make() -> Together:
    return Together()


def _note(job: Job) -> None:
    """Leaves a file that says that the job was under way with others."""
    (Path(job.folder) / "together").touch()


def _await(job: Job) -> None:
    """Waits for the test's file `go`."""
    while job.values["do"] == "wait" and not (Path(job.folder).parent / "go").exists():
        time.sleep(0.01)


def _befalls(what: set[str]) -> None:
    if "die" in what:
        os._exit(7)
    if "hang" in what:
        time.sleep(60)
    if "break" in what:
        raise RuntimeError("all of them")


def _end(job: Job, num_together: int) -> Evaluation:
    if job.values["do"] == "raise":
        raise ValueError("one of them")
    return Evaluation({"loss": 0.5}, report={"together": num_together})
