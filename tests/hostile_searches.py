"""Searches in this process in which everything goes wrong that can."""

from __future__ import annotations

import math

from tests.contracts.in_process_engine import InProcessEngine, WorkerDiedError, scoring
from tuner_component import search_loop
from tuner_component.errors import InfeasibleTrialError
from tuner_component.search_space import Choice, Int, SearchSpace
from tuner_component.strategies.random import Random
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective

SPACE = SearchSpace([Choice("kind", ("a", "b", "c")), Int("units", 1, 6)])
LIMITS = StudyLimits(max_trials=9, max_retries=2)
OBJECTIVE = Objective("score", "min")


class Silent:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events = []
        self.num_ticks = 0

    def on_event(self, study, event):
        self.events.append(event)

    def on_tick(self, study):
        self.num_ticks += 1


def hostile(job) -> float:
    """Scores by the values alone, and goes wrong in every way there is."""
    units = job.values["units"]
    if job.values["kind"] == "c":
        raise InfeasibleTrialError("c does not work")
    if units == 2 and job.attempt == 0:
        raise WorkerDiedError("out of luck")
    if units == 3:
        raise RuntimeError("3 is a bad number")
    return math.nan if units == 5 else units + (job.values["kind"] == "b") / 2


def search(root, score=hostile, num_slots=1, observer=None, limits=LIMITS, **options):
    """Runs a search in its home; returns its study, engine and reason."""
    engine = InProcessEngine(scoring(score), num_slots)
    with study_home.open_home(str(root), {"space": "s"}) as home:
        study = Study.open(home, Random(SPACE, seed=3), OBJECTIVE, limits)
        reason = search_loop.run(study, engine, observer or Silent(), **options)
    return study, engine, reason
