"""Journals what a pipeline does while it does it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

from tuner_component.engines.beam import memo
from tuner_component.engines.beam.order import Order, Proposed
from tuner_component.engines.beam.state import State
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.records import decode
from tuner_component.search_loop import Observer
from tuner_component.study import Study
from tuner_component.study_rounds import tell_round

_LOOK_SECONDS = 0.5


class Follower:
    """Follows a pipeline in a thread of its own, from `with` to its end.

    Args:
        study: The pipeline's; only the follower writes to it meanwhile.
        order: What the workers do.
        state: What the pipeline begins with.
        num_rounds: The rounds of the pipeline.
        observer: Told about everything.
    """

    def __init__(
        self,
        study: Study,
        order: Order,
        state: State,
        num_rounds: int,
        observer: Observer,
    ) -> None:
        self._state, self._num_rounds = state, num_rounds
        self._study, self._observer = study, observer
        self._memo = memo.Memo(order.folder)
        self._stuck = self._memo.stuck_workers(state.submission)
        self._memo.begin(state.round_name, Proposed([], state.jobs))
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()

    def conclude(self) -> None:
        """Tells the study what became of the last round that was begun.

        Raises:
            EngineError: If the search cannot go on.
        """
        if self._error is not None:
            raise self._error
        if self._state.failure:
            raise EngineError(f"The search broke off: {self._state.failure}")
        ended = list(memo.unheard(self._memo, self._state, ()))
        if any(outcome.error for outcome in ended):
            self._require_storage()
        for outcome in tell_round(self._study, ended):
            self._observer.on_event(self._study, outcome)
        self._study.prune_checkpoints()
        self._memo.forget(self._state.submission)

    def _require_storage(self) -> None:
        """Raises if no worker could have kept an outcome: none of them died then."""
        try:
            self._memo.try_writing(self._state.round_name, "by-the-step")
        except OSError as error:
            raise EngineError(
                f"The study's folder takes nothing more: {error}. What has ended is "
                "kept: make room or mend the storage, and run the step again."
            ) from error

    def _watch(self) -> None:
        try:
            while not self._has_ended.wait(_LOOK_SECONDS):
                self._look()
                self._observer.on_tick(self._study)
            self._look()
        except Exception as error:  # noqa: BLE001 - raised in the main thread
            self._error = error

    def _look(self) -> None:
        for proposed in self._new_rounds():
            self._study.follow(proposed.records)
            self._study.prune_checkpoints()
            for record in proposed.records:
                if "outcome" in record:
                    outcome = decode(Outcome, record["outcome"])
                    self._observer.on_event(self._study, outcome)
        if self._state.number == self._num_rounds - 1:
            self._hear_last_round()
        if self._stuck is not None:
            self._stuck.end()

    def _new_rounds(self) -> Iterator[Proposed]:
        while True:
            following = dataclasses.replace(self._state, number=self._state.number + 1)
            proposed = self._memo.begun(following.round_name)
            if proposed is None:
                return
            self._state = following.after(proposed)
            yield proposed

    def _hear_last_round(self) -> None:
        """Tells outcomes as they come: no stage of the pipeline waits for them."""
        there = self._memo.names()
        for job in self._state.jobs:
            if memo.outcome_name(job) not in there:
                continue
            outcome = self._memo.outcome(job)
            if outcome is None:
                continue
            self._study.tell(outcome)
            self._observer.on_event(self._study, outcome)
        jobs = [j for j in self._state.jobs if memo.outcome_name(j) not in there]
        self._state = dataclasses.replace(self._state, jobs=jobs)
