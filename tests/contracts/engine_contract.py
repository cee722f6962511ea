"""What every engine must do, whatever it runs on."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tuner_component.engines.base import Engine, Event, Measured, Started
from tuner_component.engines.limits import TrialLimits
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Reason

_PATIENCE_SECONDS = 60.0


def make_job(
    folder: Path, trial_id: str = "t0", *, seed: int = 1, **values: Any
) -> Job:
    home = folder / trial_id
    home.mkdir(exist_ok=True)
    return Job(trial_id, values, seed, 0, str(home), "loss", "min")


def run_all(engine: Engine, jobs: Sequence[Job]) -> list[Event]:
    """Runs jobs as the search loop does: never more than there are slots."""
    events: list[Event] = []
    deadline = time.monotonic() + _PATIENCE_SECONDS
    waiting, running = iter(jobs), 0
    for job in itertools.islice(waiting, engine.num_slots):
        engine.submit(job)
        running += 1
    while running:
        events += (new := engine.wait(deadline - time.monotonic()))
        assert time.monotonic() < deadline, f"only {events} so far"
        for _ in (event for event in new if isinstance(event, Outcome)):
            running -= 1
            for job in itertools.islice(waiting, 1):
                engine.submit(job)
                running += 1
    return events


def outcomes_of(events: Sequence[Event]) -> dict[str, Outcome]:
    return {event.trial_id: event for event in events if isinstance(event, Outcome)}


def wait_for(engine: Engine, kind: type, count: int = 1) -> list[Event]:
    """Waits for so many events of a kind; returns all events until then."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    events: list[Event] = []
    while sum(isinstance(event, kind) for event in events) < count:
        assert time.monotonic() < deadline, f"only {events} so far"
        events += engine.wait(1.0)
    return events


def next_outcome(engine: Engine) -> Outcome:
    """Waits for an outcome; others may have reported beside it."""
    events = wait_for(engine, Outcome)
    return next(event for event in events if isinstance(event, Outcome))


class EngineContract:
    """Subclass it once for each engine, with a `make_engine`."""

    def make_engine(
        self,
        folder: Path,
        num_workers: int = 2,
        evaluator: str = "tests.contracts.evaluators:make",
        settings: dict[str, Any] | None = None,
        limits: TrialLimits | None = None,
    ) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[Engine]:
        engine = self.make_engine(tmp_path)
        yield engine
        engine.close()

    def run_one(self, engine: Engine, folder: Path, **values: Any) -> Outcome:
        return outcomes_of(run_all(engine, [make_job(folder, **values)]))["t0"]

    def test_every_job_has_its_outcome(self, engine, tmp_path):
        jobs = [
            make_job(tmp_path, f"t{i}", do="score", loss=float(i)) for i in range(9)
        ]
        outcomes = outcomes_of(run_all(engine, jobs))
        assert {t: o.metrics["loss"] for t, o in outcomes.items()} == {
            f"t{i}": float(i) for i in range(9)
        }
        assert all(o.error is None and o.worker for o in outcomes.values())

    def test_one_worker_runs_the_same(self, tmp_path):
        engine = self.make_engine(tmp_path, num_workers=1)
        try:
            jobs = [make_job(tmp_path, f"t{i}", do="score") for i in range(3)]
            assert len(outcomes_of(run_all(engine, jobs))) == 3
        finally:
            engine.close()

    def test_an_exception_is_a_user_error_with_its_traceback(self, engine, tmp_path):
        error = self.run_one(engine, tmp_path, do="raise").error
        assert error.reason is Reason.USER_ERROR
        assert error.message == "ValueError: this layer has no units"
        assert "in _raise" in error.traceback

    @pytest.mark.parametrize(
        ("action", "reason"),
        [
            ("nan", Reason.NON_FINITE),
            ("infeasible", Reason.INFEASIBLE),
            ("transient", Reason.INFRASTRUCTURE),
            ("sys_exit", Reason.USER_ERROR),
            ("keyboard_interrupt", Reason.USER_ERROR),
            ("sigint", Reason.INFRASTRUCTURE),
            ("foreign", Reason.USER_ERROR),
        ],
    )
    def test_what_code_does_has_a_reason(self, engine, tmp_path, action, reason):
        assert self.run_one(engine, tmp_path, do=action).error.reason is reason

    def test_a_death_takes_one_trial_only(self, engine, tmp_path):
        actions = ["exit", "score", "kill", "score", "segfault", "score"]
        jobs = [make_job(tmp_path, f"t{i}", do=a) for i, a in enumerate(actions)]
        outcomes = outcomes_of(run_all(engine, jobs))
        errors = {t: o.error for t, o in outcomes.items() if o.error is not None}
        assert sorted(errors) == ["t0", "t2", "t4"]
        assert {e.reason for e in errors.values()} == {Reason.INFRASTRUCTURE}
        assert "exit code 7" in errors["t0"].message
        assert "last words" in errors["t0"].traceback
        assert "killed by signal 9" in errors["t2"].message
        assert "SIGSEGV" in errors["t4"].message
        assert "Segmentation fault" in errors["t4"].traceback

    def test_a_hang_is_a_timeout(self, tmp_path):
        engine = self.make_engine(tmp_path, limits=TrialLimits(max_trial_seconds=1.0))
        try:
            jobs = [make_job(tmp_path, "t0", do="hang")]
            jobs += [make_job(tmp_path, f"t{i}", do="score") for i in (1, 2)]
            outcomes = outcomes_of(run_all(engine, jobs))
        finally:
            engine.close()
        assert outcomes["t0"].error.reason is Reason.TIMEOUT
        assert "max_trial_seconds" in outcomes["t0"].error.message
        assert 1.0 <= outcomes["t0"].duration_seconds < 3.0
        assert len(outcomes["t0"].measurements) == 1
        assert outcomes["t1"].error is None
        assert outcomes["t2"].error is None

    def test_too_much_memory_is_an_error_of_its_own(self, tmp_path):
        limits = TrialLimits(max_trial_bytes=250 * 1024**2)
        engine = self.make_engine(tmp_path, limits=limits)
        try:
            jobs = [make_job(tmp_path, "t0", do="hog")]
            jobs += [make_job(tmp_path, f"t{i}", do="score") for i in (1, 2)]
            outcomes = outcomes_of(run_all(engine, jobs))
        finally:
            engine.close()
        assert outcomes["t0"].error.reason is Reason.OUT_OF_MEMORY
        assert "262,144,000" in outcomes["t0"].error.message
        assert outcomes["t1"].error is None
        assert outcomes["t2"].error is None

    def test_events_come_in_order(self, engine, tmp_path):
        events = run_all(engine, [make_job(tmp_path, do="measure")])
        kinds = [type(event) for event in events]
        assert kinds == [Started, Measured, Measured, Measured, Outcome]
        assert [e.measurement.resource for e in events[1:4]] == [1, 2, 3]

    def test_output_of_the_code_disturbs_nothing(self, engine, tmp_path):
        assert self.run_one(engine, tmp_path, do="noise").metrics == {"loss": 0.25}

    def test_a_fork_of_the_code_disturbs_nothing(self, engine, tmp_path):
        outcome = self.run_one(engine, tmp_path, do="stray_fork")
        assert outcome.metrics == {"loss": 0.125}

    @pytest.mark.parametrize("seed", [0, 1234567])
    def test_the_seed_reaches_the_evaluator(self, engine, tmp_path, seed):
        events = run_all(engine, [make_job(tmp_path, seed=seed, do="seed")])
        assert outcomes_of(events)["t0"].metrics["loss"] == seed

    def test_settings_reach_the_evaluator(self, tmp_path):
        settings = {"path": "somewhere", "sizes": [1, 2.5, None]}
        engine = self.make_engine(tmp_path, settings=settings)
        try:
            report = self.run_one(engine, tmp_path, do="score").report
        finally:
            engine.close()
        assert report == {"settings": settings}

    def test_settings_must_be_json(self, tmp_path):
        with pytest.raises(ValueError, match="cannot be written as JSON"):
            self.make_engine(tmp_path, settings={"model": object()})

    def test_an_evaluator_that_cannot_be_made_is_a_user_error(self, tmp_path):
        engine = self.make_engine(
            tmp_path, evaluator="tests.contracts.evaluators:make_nothing"
        )
        try:
            error = self.run_one(engine, tmp_path, do="score").error
        finally:
            engine.close()
        assert error.reason is Reason.USER_ERROR
        assert error.message == "RuntimeError: no evaluator today"
        assert "make_nothing" in error.traceback

    def test_a_cancelled_job_has_no_outcome(self, engine, tmp_path):
        engine.submit(make_job(tmp_path, "t0", do="hang"))
        wait_for(engine, Started)
        engine.cancel("t0")
        engine.cancel("unknown")
        jobs = [make_job(tmp_path, f"t{i}", do="score") for i in (1, 2, 3)]
        assert sorted(outcomes_of(run_all(engine, jobs))) == ["t1", "t2", "t3"]

    def test_waiting_ends_with_its_time(self, engine, tmp_path):
        engine.submit(make_job(tmp_path, "t0", do="hang"))
        wait_for(engine, Measured)
        assert list(engine.wait(0.01)) == []

    def test_closing_twice_is_safe(self, engine, tmp_path):
        engine.submit(make_job(tmp_path, do="hang"))
        engine.close()
        engine.close()
