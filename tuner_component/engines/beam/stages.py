"""What the workers of a pipeline do. Nothing raises but a worker that cannot work."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import os
import platform
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam

from tuner_component import import_path
from tuner_component.engines.beam import checks
from tuner_component.engines.beam.leaving import leave_quickly
from tuner_component.engines.beam.memo import Memo, first_of_each, unheard
from tuner_component.engines.beam.order import Order, Proposed, Proposer
from tuner_component.engines.beam.state import (
    State,
    Ticket,
    read_outcome,
    read_ticket,
    write_outcome,
)
from tuner_component.engines.beam.workshop import WORKSHOP
from tuner_component.evaluation import Job, Outcome

_logger = logging.getLogger(__name__)
_proposing = threading.Lock()


class Evaluate(beam.DoFn):
    """Runs jobs of a round: that of its ticket, then those nobody has begun.

    Runners deal tickets out once and for all, so a worker that got the short jobs
    would have nothing to do; where the storage knows who came first, it helps the
    others.
    """

    def __init__(self, order: Order) -> None:
        self._order = order

    def setup(self) -> None:
        """Starts the process that runs trials."""
        leave_quickly()
        WORKSHOP.warm(self._order)

    def process(self, element: str) -> Iterator[str]:
        """Returns outcomes as JSON."""
        ticket = read_ticket(element)
        memo = _memo(self._order.folder)
        try:
            _require(self._order, ticket.round_name)
            if not memo.is_wanted(ticket.round_name):
                return
            memo.begin_beat(self._order.submission)
            for job in self._candidates(memo, ticket):
                outcome = self._run(memo, ticket.round_name, job)
                if outcome is not None:
                    yield write_outcome(outcome)
        except OSError:
            # The jobs of this round that have no outcome are run in the next one.
            _logger.exception("Round %s: the storage fails.", ticket.round_name)

    def _candidates(self, memo: Memo, ticket: Ticket) -> Iterator[Job]:
        """Returns jobs that may be free; every one of a round once in a process."""
        if not memo.can_claim:
            yield ticket.job
        elif ticket.round_name not in _dealt():
            proposed = memo.begun(ticket.round_name)
            jobs = proposed.jobs if proposed else [ticket.job]
            yield from jobs[ticket.index :]
            yield from jobs[: ticket.index]
            _dealt().add(ticket.round_name)

    def _run(self, memo: Memo, round_name: str, job: Job) -> Outcome | None:
        checks.check_job(job, self._order.folder)
        if _is_over(self._order) or not memo.claim(round_name, job):
            return None
        kept = memo.outcome(job)
        if kept is not None:
            return dataclasses.replace(kept, attempt=job.attempt)
        outcome = WORKSHOP.run(self._order, job)
        if outcome is None:
            memo.unclaim(round_name, job)
            return None
        outcome = dataclasses.replace(outcome, worker=_worker_name())
        try:
            memo.keep(round_name, job, outcome)
        except OSError:
            # It still comes to its round, unless this worker dies before.
            _logger.exception("Trial %s: its outcome cannot be kept.", job.trial_id)
        return outcome


class Advance(beam.DoFn):
    """Ends a round and proposes the next one."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def process(self, element: tuple[int, Iterable[str]]) -> Iterator[str]:
        """Returns the state, as JSON, from the earlier one and the outcomes."""
        texts = list(element[1])
        state = next(State.from_json(text[1:]) for text in texts if text[0] == STATE)
        if state.failure or state.done:
            yield state.to_json()
            return
        outcomes = [read_outcome(text[1:]) for text in texts if text[0] == OUTCOME]
        try:
            yield self._next(state, outcomes).to_json()
        except Exception as error:  # noqa: BLE001 - the driver raises it again
            yield dataclasses.replace(state, failure=_told(error), jobs=()).to_json()

    def _next(self, state: State, outcomes: Sequence[Outcome]) -> State:
        memo = _memo(self._order.folder)
        if not memo.is_wanted(state.round_name):
            return dataclasses.replace(state, failure=_UNWANTED, jobs=())
        ended = dataclasses.replace(state, number=state.number + 1, jobs=())
        proposed = memo.begun(ended.round_name)
        if proposed is None:
            heard = {outcome.trial_id for outcome in outcomes}
            every = [*outcomes, *unheard(memo, state, heard)]
            proposed = self._proposed(state, first_of_each(every))
            memo.begin(ended.round_name, proposed)
        return ended.after(proposed)

    def _proposed(self, state: State, outcomes: Sequence[Outcome]) -> Proposed:
        try:
            with _proposing:  # strategies remember what they have learned
                return _proposer(self._order).advance(state.records, outcomes)
        except Exception as error:  # noqa: BLE001 - the driver raises it again
            return Proposed([], [], failure=_told(error))


_UNWANTED = "The driver of this pipeline is gone, and another one has taken over."
STATE, OUTCOME = "s", "o"
"""What a string that `Advance` gets begins with."""


@functools.lru_cache(maxsize=1)
def _checked() -> set[str]:
    """Returns the names of the pipelines that this worker can work for."""
    return set()


@functools.lru_cache(maxsize=1)
def _dealt() -> set[str]:
    """Returns the rounds whose jobs somebody has all taken, as this process saw."""
    return set()


def _require(order: Order, round_name: str) -> None:
    if order.submission not in _checked():
        checks.check(_memo(order.folder), order, round_name)
        _checked().add(order.submission)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}\n{traceback.format_exc()}"


def _is_over(order: Order) -> bool:
    return order.ends_at is not None and time.time() >= order.ends_at


@functools.cache
def _memo(folder: str) -> Memo:
    return Memo(folder)


def _proposer(order: Order) -> Proposer:
    text = json.dumps(order.proposer_settings, sort_keys=True)
    return _made(order.proposer, text)


@functools.lru_cache(maxsize=2)
def _made(path: str, settings: str) -> Proposer:
    made: Proposer = import_path.load(path)(**json.loads(settings))
    return made


def _worker_name() -> str:
    return f"{platform.node()}-{os.getpid()}"
