"""The search: moves jobs from a study to an engine, and outcomes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from tuner_component.engines.base import Engine, Event
from tuner_component.evaluation import Outcome
from tuner_component.study import Study

_TICK_SECONDS = 1.0


class Observer(Protocol):
    """Watches a search, to show it to people."""

    def on_event(self, study: Study, event: Event) -> None:
        """Is called with what has happened, once the study knows it."""

    def on_tick(self, study: Study) -> None:
        """Is called every second or more often."""


def run(
    study: Study,
    engine: Engine,
    observer: Observer,
    max_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Searches until the study is done or the time is over.

    What is under way when it ends early, also by an exception, stays pending in the
    study's journal and runs again when the study is continued. The engine is not
    closed.

    Args:
        study: What is searched.
        engine: Where trials run; idle.
        observer: Told about everything.
        max_seconds: How long it may take; None for no limit.
        clock: Seconds, monotonic.

    Returns:
        Why the search ended, for people.
    """
    end = None if max_seconds is None else clock() + max_seconds
    running: set[str] = set()
    while end is None or clock() < end:
        _fill(study, engine, running)
        if not running:
            return study.done or "nothing is left to run"
        left = _TICK_SECONDS if end is None else max(end - clock(), 0.0)
        for event in engine.wait(min(left, _TICK_SECONDS)):
            if isinstance(event, Outcome):
                running.discard(event.trial_id)
                study.tell(event)
                study.prune_checkpoints()
            observer.on_event(study, event)
        observer.on_tick(study)
    for trial_id in running:
        engine.cancel(trial_id)
    study.release(running)
    return study.done or f"max_seconds={max_seconds:g} is over"


def _fill(study: Study, engine: Engine, running: set[str]) -> None:
    free = engine.num_slots - len(running)
    for job in study.ask(free) if free > 0 else ():
        running.add(job.trial_id)
        engine.submit(job)
