"""Moves jobs from a study to an engine, and outcomes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tuner_component.engines.base import Engine, Event
from tuner_component.evaluation import Outcome
from tuner_component.study import Study

_TICK_SECONDS = 1.0


class Observer(Protocol):
    """Watches a search."""

    def on_event(self, study: Study, event: Event) -> None:
        """Is called for everything that the engine reports."""

    def on_tick(self, study: Study) -> None:
        """Is called about once a second."""


def run(
    study: Study,
    engine: Engine,
    observer: Observer,
    max_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Runs a study until it is done; returns why it ended.

    When the time is over, trials under way are cancelled; they stay open in the
    study and come first when it is continued.

    Args:
        study: What to run.
        engine: Where; stays open.
        observer: Is told about progress.
        max_seconds: Length of the search at most.
        clock: Seconds, monotonic.
    """
    deadline = None if max_seconds is None else clock() + max_seconds
    running: set[str] = set()
    try:
        while True:
            running |= _fill(study, engine, engine.num_slots - len(running))
            if not running:
                return study.done or "nothing is left to do"
            events = engine.wait(_patience(deadline, clock))
            running -= _take(study, events, observer)
            observer.on_tick(study)
            if deadline is not None and clock() >= deadline:
                return f"max_seconds={max_seconds:g} are over"
    finally:
        for trial_id in running:
            engine.cancel(trial_id)
            study.release(trial_id)


def _fill(study: Study, engine: Engine, count: int) -> set[str]:
    jobs = study.ask(count) if count > 0 else []
    for job in jobs:
        engine.submit(job)
    return {job.trial_id for job in jobs}


def _take(study: Study, events: Sequence[Event], observer: Observer) -> set[str]:
    """Tells the study what happened; returns the trials that left the engine."""
    ended = set()
    for event in events:
        if isinstance(event, Outcome):
            study.tell(event)
            ended.add(event.trial_id)
        observer.on_event(study, event)
    if ended:
        study.prune_checkpoints()
    return ended


def _patience(deadline: float | None, clock: Callable[[], float]) -> float:
    if deadline is None:
        return _TICK_SECONDS
    return max(0.0, min(_TICK_SECONDS, deadline - clock()))
