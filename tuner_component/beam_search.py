"""The search on Beam: a study whose rounds are the stages of a pipeline."""

from __future__ import annotations

import dataclasses
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tuner_component.engines.base import Event
from tuner_component.engines.beam.memo import Memo
from tuner_component.engines.beam.order import Order, Proposed
from tuner_component.engines.beam.state import State
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.records import decode
from tuner_component.study import Study

_LOOK_SECONDS = 0.5
_MOST_FRUITLESS = 3
_logger = logging.getLogger(__name__)

Submit = Callable[[Order, State, int], None]
"""Runs a pipeline of so many rounds to its end; raises if it breaks."""


class Observer(Protocol):
    """Watches a search, to show it to people."""

    def on_event(self, study: Study, event: Event) -> None:
        """Is called with what has happened, once the study knows it."""

    def on_tick(self, study: Study) -> None:
        """Is called twice a second."""


def run(
    study: Study,
    order: Order,
    num_rounds: int,
    submit: Submit,
    observer: Observer,
    records: Sequence[Mapping[str, Any]],
) -> str:
    """Searches until the study is done or the time is over.

    A pipeline that breaks is submitted again, and repeats nothing that has ended; so
    is one that was too short. After three in a row that got nowhere, it is over.

    Args:
        study: What is searched; has just been opened.
        order: What the workers do; its `submission` is made up here.
        num_rounds: Rounds of a pipeline, >= 1.
        submit: Runs a pipeline.
        observer: Told about everything.
        records: The study's journal.

    Returns:
        Why the search ended, for people.

    Raises:
        EngineError: If pipelines break again and again.
    """
    state = State("", -1, records)
    fruitless = 0
    while True:
        before = _num_ended(study)
        named = dataclasses.replace(order, submission=secrets.token_hex(8))
        with _Follower(study, named, state, observer) as follower:
            broken = _submitted(submit, named, state, num_rounds)
        state = follower.state
        if state.failure:
            raise EngineError(f"The search broke off: {state.failure}")
        if state.done:
            return state.done
        fruitless = 0 if _num_ended(study) > before else fruitless + 1
        if fruitless >= _MOST_FRUITLESS:
            raise EngineError(_stuck(broken)) from broken
        if broken is not None:
            _logger.warning("The pipeline broke and is submitted again: %s", broken)


def _submitted(
    submit: Submit, order: Order, state: State, num_rounds: int
) -> Exception | None:
    try:
        submit(order, state, num_rounds)
    except Exception as error:  # noqa: BLE001 - each runner raises its own kind
        return error
    return None


def _stuck(broken: Exception | None) -> str:
    why = f"; the last raised {type(broken).__name__}: {broken}" if broken else ""
    return (
        f"{_MOST_FRUITLESS} pipelines in a row came to their end without the end of "
        f"a trial{why}. What has ended is kept: mend the cause and run the step again."
    )


def _num_ended(study: Study) -> int:
    return sum(trial.num_attempts for trial in study.trials)


class _Follower:
    """Journals what the pipeline does while it does it.

    Attributes:
        state: Where the search stands.
    """

    def __init__(
        self, study: Study, order: Order, state: State, observer: Observer
    ) -> None:
        self.state = state
        self._study, self._observer = study, observer
        self._submission = order.submission
        self._memo = Memo(order.folder)
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> _Follower:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

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

    def _new_rounds(self) -> Iterator[Proposed]:
        while True:
            following = dataclasses.replace(
                self.state, submission=self._submission, number=self.state.number + 1
            )
            proposed = self._memo.begun(following.round_name)
            if proposed is None:
                return
            self.state = following.after(proposed)
            yield proposed
