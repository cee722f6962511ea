"""Workers and trials that die, stop or are told to, and what the study hears of it."""

from __future__ import annotations

import os
import platform
import signal

import pytest

from tests.contracts.engine_contract import make_job, next_outcome, wait_for
from tests.engines.flock_evaluators import WAITING, processes_in, release
from tests.engines.flocks import HASTY, join
from tests.engines.sessions import alive, until
from tuner_component.engines.base import Measured
from tuner_component.engines.flock.timing import Timing
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import read_outcome
from tuner_component.trial import Reason


def test_a_killed_workers_trial_goes_to_another(flocks, workers, root, tmp_path):
    flock = flocks(num_slots=1, timing=HASTY, evaluator=WAITING)
    first = workers("first")
    job = make_job(tmp_path)
    flock.submit(job)
    begun = wait_for(flock, Measured)[0]
    assert begun.worker.startswith("first.")
    first.kill()
    outcome = next_outcome(flock)
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    assert "first." in outcome.error.message
    assert "no sign of life" in outcome.error.message
    assert [m.resource for m in outcome.measurements] == [1]
    release(job)
    workers("second")
    flock.submit(job)
    outcome = next_outcome(flock)
    assert outcome.error is None
    assert outcome.worker.startswith("second.")


@pytest.mark.slow
def test_a_worker_that_awakes_has_let_go_of_its_trial(flocks, workers, root, tmp_path):
    flock = flocks(num_slots=1, timing=HASTY, evaluator=WAITING)
    sleeper = workers("sleeper")
    job, home = make_job(tmp_path), tmp_path / "t0"
    flock.submit(job)
    wait_for(flock, Measured)
    os.kill(sleeper.pid, signal.SIGSTOP)
    (zombie,) = processes_in(home, "begun")
    until(lambda: not alive(zombie))
    assert next_outcome(flock).error.reason is Reason.INFRASTRUCTURE
    os.kill(sleeper.pid, signal.SIGCONT)
    flock.submit(job)
    wait_for(flock, Measured)
    release(job)
    assert next_outcome(flock).error is None
    _, second = processes_in(home, "begun")
    assert processes_in(home, "checkpoint") == [second]
    flock.close()
    assert join(sleeper)[0] == 0


@pytest.mark.slow
def test_a_frozen_trial_writes_nothing_when_it_awakes(flocks, workers, tmp_path):
    """All of a host stops and goes on, as when its machine is paused."""
    flock = flocks(num_slots=1, timing=HASTY, evaluator=WAITING)
    sleeper = workers("sleeper")
    job, home = make_job(tmp_path), tmp_path / "t0"
    flock.submit(job)
    wait_for(flock, Measured)
    (zombie,) = processes_in(home, "begun")
    for process in (sleeper.pid, zombie):
        os.kill(process, signal.SIGSTOP)
    assert next_outcome(flock).error.reason is Reason.INFRASTRUCTURE
    release(job)
    os.kill(zombie, signal.SIGCONT)
    until(lambda: not alive(zombie))
    assert processes_in(home, "checkpoint") == []
    assert read_outcome(job.folder) is None


@pytest.mark.slow
def test_an_outcome_kept_by_a_worker_that_died_is_found(flocks, workers, tmp_path):
    flock = flocks(num_slots=1, timing=HASTY, evaluator=WAITING)
    sleeper = workers("sleeper")
    job = make_job(tmp_path)
    flock.submit(job)
    wait_for(flock, Measured)
    os.kill(sleeper.pid, signal.SIGSTOP)
    release(job)
    until(lambda: read_outcome(job.folder) is not None)
    assert next_outcome(flock).error.reason is Reason.INFRASTRUCTURE
    assert read_outcome(job.folder).metrics == {"loss": 0.5}


def test_workers_that_cannot_start_processes_say_why_they_left(
    flocks, workers, tmp_path
):
    settings = {"failures": 9, "counter": str(tmp_path / "counter")}
    timing = Timing(beat_seconds=0.25, lease_seconds=15.0, patience_seconds=0.5)
    evaluator = "tests.contracts.evaluators:make_after_failures"
    flock = flocks(num_slots=1, timing=timing, evaluator=evaluator, settings=settings)
    job = make_job(tmp_path)
    worker = workers("w0")
    until(lambda: flock.wait(0.0) or _present(flock))
    flock.submit(job)
    assert "cannot start" in next_outcome(flock).error.message
    assert join(worker)[0] == 1
    flock.submit(job)
    why = r"w0\..* has left: 3 workers in a row ended .*exit code 3"
    with pytest.raises(EngineError, match=why):
        wait_for(flock, Outcome)


@pytest.mark.parametrize("keeps_logs", [False, True])
def test_a_log_is_named_with_its_host_if_it_is_kept(
    flocks, workers, tmp_path, keeps_logs
):
    flock = flocks(num_slots=1)
    workers("w0", *(["--logs", str(tmp_path / "logs")] if keeps_logs else []))
    flock.submit(make_job(tmp_path, do="exit"))
    error = next_outcome(flock).error
    assert "last words" in error.traceback
    end = f"worker-0.log on {platform.node()}." if keeps_logs else "exit code 7."
    assert error.message.endswith(end)


def test_what_broke_off_with_one_worker_goes_to_another(flocks, workers, tmp_path):
    """A host that breaks off all it gets is always the first that is free."""
    flock = flocks(num_slots=1, evaluator=WAITING)
    workers("bad")
    job = make_job(tmp_path)
    flock.submit(job)
    wait_for(flock, Measured)
    (process,) = processes_in(tmp_path / "t0", "begun")
    os.kill(process, signal.SIGKILL)
    assert next_outcome(flock).worker.startswith("bad.")
    workers("good")
    until(lambda: flock.wait(0.0) or len(_present(flock)) == 2)
    release(job)
    flock.submit(job)
    assert next_outcome(flock).worker.startswith("good.")


def _await(flock, condition):
    """Waits until something holds that the flock knows."""
    until(lambda: (flock.wait(0.0), condition())[1])


def _break_off(flock, tmp_path, trial_id):
    """Has the process of a trial killed that is under way; returns its worker."""
    _await(flock, lambda: processes_in(tmp_path / trial_id, "begun"))
    os.kill(processes_in(tmp_path / trial_id, "begun")[-1], signal.SIGKILL)
    outcome = next_outcome(flock)
    assert outcome.trial_id == trial_id
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    return outcome.worker


@pytest.fixture
def half_busy(flocks, workers, tmp_path):
    """A flock of two: t1 goes on for ever on one, and t0 broke off on the other."""
    flock = flocks(num_slots=2, evaluator=WAITING)
    for name in ("w0", "w1"):
        workers(name)
    _await(flock, lambda: len(_present(flock)) == 2)
    for trial_id in ("t0", "t1"):
        flock.submit(make_job(tmp_path, trial_id))
    _await(flock, lambda: processes_in(tmp_path / "t1", "begun"))
    flock.suspect = _break_off(flock, tmp_path, "t0")
    flock.submit(make_job(tmp_path, "t0"))
    _await(flock, lambda: flock.num_slots == 3)
    return flock


def test_a_worker_that_ends_another_job_gets_again_what_broke_off(half_busy, tmp_path):
    other = make_job(tmp_path, "t2")
    release(other)
    half_busy.submit(other)
    outcome = next_outcome(half_busy)
    assert (outcome.trial_id, outcome.worker) == ("t2", half_busy.suspect)
    release(make_job(tmp_path, "t0"))
    outcome = next_outcome(half_busy)
    assert (outcome.trial_id, outcome.worker) == ("t0", half_busy.suspect)
    assert outcome.error is None
    assert half_busy.num_slots == 2
    assert processes_in(tmp_path / "t1", "checkpoint") == []


def test_a_worker_that_breaks_off_all_it_gets_gets_no_more(half_busy, tmp_path):
    half_busy.submit(make_job(tmp_path, "t2"))
    assert _break_off(half_busy, tmp_path, "t2") == half_busy.suspect
    half_busy.submit(make_job(tmp_path, "t2"))
    half_busy.wait(0.0)
    assert half_busy.num_slots == 2
    release(make_job(tmp_path, "t1"))
    outcome = next_outcome(half_busy)
    assert (outcome.trial_id, outcome.error) == ("t1", None)
    for trial_id in ("t0", "t2"):
        release(make_job(tmp_path, trial_id))
        outcome = next_outcome(half_busy)
        assert (outcome.trial_id, outcome.error) == (trial_id, None)
        assert outcome.worker != half_busy.suspect


def _present(flock):
    return [member.id for member in flock._members.values() if member.is_present]


def test_a_worker_that_is_told_to_stop_says_so(flocks, workers, tmp_path):
    patient = Timing(beat_seconds=1.0, lease_seconds=600.0, batch_seconds=0.05)
    flock = flocks(num_slots=1, timing=patient, evaluator=WAITING)
    worker = workers("w0")
    flock.submit(make_job(tmp_path))
    wait_for(flock, Measured)
    worker.send_signal(signal.SIGTERM)
    error = next_outcome(flock).error
    assert error.reason is Reason.INFRASTRUCTURE
    assert "has left" in error.message
    assert join(worker)[0] == 143


def test_a_cancelled_trial_is_killed(flocks, workers, tmp_path):
    flock = flocks(num_slots=1, evaluator=WAITING)
    workers("w0")
    flock.submit(make_job(tmp_path))
    wait_for(flock, Measured)
    (process,) = processes_in(tmp_path / "t0", "begun")
    flock.cancel("t0")
    until(lambda: not alive(process))
    job = make_job(tmp_path, "t1")
    release(job)
    flock.submit(job)
    assert next_outcome(flock).trial_id == "t1"
