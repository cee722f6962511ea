"""Studies of scripted strategies."""

from __future__ import annotations

import dataclasses
import functools

from tuner_component.evaluation import Outcome
from tuner_component.journal import open_journal
from tuner_component.strategies.base import Done, Suggest, Wait
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Objective, Reason, TrialError

MAX = Objective("score", "max")
MIN = Objective("loss", "min")
HEADER = {"space": "a", "code": "b"}


class Counting:
    """Proposes x = 0, 1, 2, ... and ends after `size`; may protect trials."""

    def __init__(self, size: int = 1000, keeps: tuple[str, ...] = ()) -> None:
        self.size = size
        self.keeps = lambda history: set(keeps)
        self.asked: list[tuple[int, int]] = []

    def propose(self, history, count):
        self.asked.append((len(history), count))
        end = min(len(history) + count, self.size)
        new = [Suggest({"x": number}) for number in range(len(history), end)]
        return [*new, Done(f"all {self.size}")] if end == self.size else new


class Scripted:
    """Returns the same actions whenever it is asked."""

    def __init__(self, *actions) -> None:
        self.actions = actions

    def propose(self, history, count):
        return self.actions


class Waiting:
    """Proposes one trial at a time."""

    def __init__(self) -> None:
        self.num_asked = 0

    def propose(self, history, count):
        self.num_asked += 1
        is_busy = any(not trial.state.is_final for trial in history)
        return [Wait()] if is_busy else [Suggest({"x": len(history)}), Wait()]


@dataclasses.dataclass(frozen=True)
class Place:
    """A study's home without a lock."""

    folder: str
    header: dict = dataclasses.field(default_factory=lambda: dict(HEADER))

    @functools.cached_property
    def journal(self):
        return open_journal(self.folder)


def opened(home, strategy=None, objective=MAX, **limits) -> Study:
    return Study.open(home, strategy or Counting(), objective, StudyLimits(**limits))


def scored(job, score=1.0, **fields) -> Outcome:
    return Outcome(job.trial_id, job.attempt, metrics={"score": score}, **fields)


def failed(job, reason=Reason.USER_ERROR, message="it broke") -> Outcome:
    return Outcome(job.trial_id, job.attempt, error=TrialError(reason, message))


def states(study: Study) -> list[str]:
    return [trial.state.value for trial in study.trials]
