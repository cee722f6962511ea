"""The search on Beam: a study whose rounds are the stages of a pipeline."""

from __future__ import annotations

import dataclasses
import logging
import secrets
import time
from collections.abc import Callable

from tuner_component.beam_follower import Follower
from tuner_component.engines.beam import checks, memo
from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.state import State
from tuner_component.errors import EngineError
from tuner_component.journal import Journal
from tuner_component.search_loop import Observer
from tuner_component.study import Study

_MOST_FRUITLESS = 3
_logger = logging.getLogger(__name__)

Submit = Callable[[Order, State, int], None]
"""Runs a pipeline of so many rounds to its end; raises if it breaks."""


@dataclasses.dataclass(frozen=True)
class Rounds:
    """How a search is cut into rounds.

    Attributes:
        size: Jobs of a round at most, >= 1.
        number: Rounds of a pipeline, >= 1.
    """

    size: int
    number: int


def run(
    study: Study,
    journal: Journal,
    order: Order,
    rounds: Rounds,
    submit: Submit,
    observer: Observer,
) -> str:
    """Searches until the study is done or the time is over.

    A pipeline that breaks is submitted again, and repeats nothing that has ended; so
    is one that was too short. After three in a row that got nowhere, it is over.

    Args:
        study: What is searched.
        journal: The study's.
        order: What the workers do; its `submission` is made up here.
        rounds: How much is proposed at once, and how often.
        submit: Runs a pipeline.
        observer: Told about everything.

    Returns:
        Why the search ended, for people.

    Raises:
        EngineError: If pipelines break again and again.
    """
    memo.Memo(order.folder).forget_all()
    fruitless = 0
    while True:
        is_over = order.ends_at is not None and time.time() >= order.ends_at
        jobs = [] if is_over else study.ask(rounds.size)
        if not jobs:
            return study.done or "max_seconds is over"
        before = _num_ended(study)
        named = dataclasses.replace(order, submission=secrets.token_hex(8))
        state = State(named.submission, 0, journal.read(), jobs)
        follower = Follower(study, named, state, rounds.number, observer)
        broken = _submitted(submit, named, state, rounds.number, follower)
        follower.conclude()
        refusal = broken and checks.refusal(broken)
        if refusal:
            raise EngineError(refusal) from broken
        fruitless = 0 if _num_ended(study) > before else fruitless + 1
        if fruitless >= _MOST_FRUITLESS:
            raise EngineError(_stuck(broken)) from broken
        if broken is not None:
            _logger.warning("The pipeline broke and is submitted again: %s", broken)


def left_under_way(folder: str) -> set[str] | None:
    """Returns the trials that ran when the last driver of a search died; once.

    None where the storage cannot tell.

    Args:
        folder: The study's.
    """
    left = memo.Memo(folder)
    found = left.left_under_way()
    left.forget_all()
    return found


def _submitted(
    submit: Submit, order: Order, state: State, num_rounds: int, follower: Follower
) -> Exception | None:
    with follower:
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
