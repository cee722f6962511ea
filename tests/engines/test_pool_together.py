"""A pool whose workers do several jobs at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.contracts.engine_contract import make_job, outcomes_of, run_all, wait_for
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.local_pool import LocalPool
from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import read_outcome


@pytest.fixture
def pools(tmp_path):
    made = []

    def make(num_workers=1, num_together=4, **options):
        evaluator = "tests.engines.together_evaluators:make"
        folder = str(tmp_path / "logs")
        made.append(LocalPool(num_workers, evaluator, {}, log_folder=folder, **options))
        made[-1].do_together(num_together)
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def _jobs(folder, *actions):
    return [make_job(folder, f"t{k}", do=do) for k, do in enumerate(actions)]


def _together(events):
    return [o.report.get("together") for _, o in sorted(outcomes_of(events).items())]


def test_waiting_jobs_are_done_at_once(pools, tmp_path):
    pool = pools()
    assert pool.num_slots == 4
    events = run_all(pool, _jobs(tmp_path, *["score"] * 4))
    assert _together(events) == [4] * 4
    for kind in (Started, Measured):
        assert sum(isinstance(event, kind) for event in events) == 4
    for outcome in outcomes_of(events).values():
        folder = str(tmp_path / outcome.trial_id)
        assert read_outcome(folder) == outcome


def test_workers_share_what_waits(pools, tmp_path):
    pool = pools(num_workers=2)
    for job in _jobs(tmp_path, *["wait"] * 8):
        pool.submit(job)
    wait_for(pool, Started, 8)  # Else the first to be ready might do more than half.
    (tmp_path / "go").touch()
    events = wait_for(pool, Outcome, 8)
    assert _together(events) == [4] * 8
    assert len({o.worker for o in outcomes_of(events).values()}) == 2


def test_what_cannot_be_done_at_once_is_done_alone(pools, tmp_path):
    events = run_all(pools(), _jobs(tmp_path, "score", "alone", "score", "alone"))
    assert _together(events) == [2, 1, 2, 1]


def test_an_error_is_that_of_one_job(pools, tmp_path):
    outcomes = outcomes_of(run_all(pools(), _jobs(tmp_path, "raise", "score", "score")))
    assert outcomes["t0"].error.message == "ValueError: one of them"
    assert [outcomes[name].error for name in ("t1", "t2")] == [None, None]


@pytest.mark.parametrize("what", ["die", "break"])
def test_whatever_happens_each_runs_again_alone(pools, tmp_path, what):
    events = run_all(pools(), _jobs(tmp_path, "score", what, "score"))
    assert _together(events) == [1, 1, 1]
    assert all(o.error is None for o in outcomes_of(events).values())
    assert {o.attempt for o in outcomes_of(events).values()} == {0}
    assert len(list(Path(tmp_path).glob("t*/together"))) == 3


def test_time_is_limited_for_each_on_its_own(pools, tmp_path):
    pool = pools(limits=TrialLimits(max_trial_seconds=0.3))
    events = run_all(pool, _jobs(tmp_path, "hang", "score", "score"))
    assert _together(events) == [1, 1, 1]


def test_a_cancelled_job_takes_no_other_with_it(pools, tmp_path):
    pool = pools()
    jobs = _jobs(tmp_path, "hang", "score", "score")
    for job in jobs:
        pool.submit(job)
    wait_for(pool, Started, 3)
    pool.cancel("t0")
    outcomes = {}
    while len(outcomes) < 2:
        outcomes |= outcomes_of(pool.wait(60.0))
    assert sorted(outcomes) == ["t1", "t2"]
    assert all(outcome.error is None for outcome in outcomes.values())


def test_jobs_that_are_no_trials_or_no_first_attempts_run_alone(pools, tmp_path):
    jobs = _jobs(tmp_path, *["score"] * 4)
    jobs[0] = dataclasses.replace(jobs[0], attempt=1)
    jobs[1] = dataclasses.replace(jobs[1], is_trial=False)
    events = run_all(pools(), jobs)
    assert _together(events) == [1, 1, 2, 2]


def test_it_is_given_up_where_nothing_can_be_done_at_once(pools, tmp_path):
    pool = pools()
    events = run_all(pool, _jobs(tmp_path, *["alone"] * 20))
    assert _together(events) == [1] * 20
    assert pool.num_slots == 1
