"""A coordinator after another, and two at once."""

from __future__ import annotations

import pytest

from tests.contracts.engine_contract import (
    make_job,
    next_outcome,
    outcomes_of,
    run_all,
    wait_for,
)
from tests.engines.flock_evaluators import WAITING, processes_in, release
from tests.engines.flocks import (
    STEADY,
    abandon,
    end,
    join,
    make_flock,
    start_worker,
)
from tests.engines.sessions import until
from tests.engines.storages import Full
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.flock.layout import LEAD, read_lead
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import open_storage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import read_outcome


@pytest.fixture
def worker(root):
    started = start_worker(root, "w0")
    yield started
    if started.returncode is None:
        end(started)


@pytest.fixture
def flocks(root):
    """Makes flocks of one slot which are closed however the test ends."""
    made = []

    def make(**options):
        made.append(make_flock(root, 1, **{"evaluator": WAITING, **options}))
        return made[-1]

    yield make
    for flock in made:
        flock.close()


def test_the_next_coordinator_takes_over_the_trial_that_runs(flocks, worker, tmp_path):
    first = flocks()
    job = make_job(tmp_path)
    first.submit(job)
    wait_for(first, Measured)
    abandon(first)
    second = flocks()
    second.submit(make_job(tmp_path))
    wait_for(second, Started)
    release(job)
    outcome = next_outcome(second)
    assert outcome.error is None
    assert len(processes_in(tmp_path / "t0", "begun")) == 1


def test_a_trial_that_ended_unheard_is_not_run_again(flocks, worker, tmp_path):
    first = flocks()
    job = make_job(tmp_path)
    first.submit(job)
    wait_for(first, Measured)
    release(job)
    until(lambda: read_outcome(job.folder) is not None)
    abandon(first)
    second = flocks()
    second.submit(job)
    assert next_outcome(second).metrics == {"loss": 0.5}
    assert len(processes_in(tmp_path / "t0", "begun")) == 1


def test_another_job_takes_the_place_of_one_nobody_wants(flocks, worker, tmp_path):
    first = flocks()
    first.submit(make_job(tmp_path, "t0"))
    wait_for(first, Measured)
    abandon(first)
    second, job = flocks(), make_job(tmp_path, "t1")
    release(job)
    second.submit(job)
    assert outcomes_of(wait_for(second, Outcome))["t1"].error is None


def test_the_same_trial_with_other_values_begins_again(flocks, worker, tmp_path):
    first = flocks()
    first.submit(make_job(tmp_path, units=1))
    wait_for(first, Measured)
    abandon(first)
    second, job = flocks(), make_job(tmp_path, units=2)
    second.submit(job)
    wait_for(second, Measured)
    release(job)
    wait_for(second, Outcome)
    assert len(processes_in(tmp_path / "t0", "begun")) == 2


def test_another_setup_ends_what_runs(flocks, worker, tmp_path):
    first = flocks()
    first.submit(make_job(tmp_path))
    wait_for(first, Measured)
    abandon(first)
    second = flocks(evaluator="tests.contracts.evaluators:make", settings={"a": 1})
    outcome = outcomes_of(run_all(second, [make_job(tmp_path, do="score")]))["t0"]
    assert outcome.report == {"settings": {"a": 1}}


def test_of_two_coordinators_the_earlier_one_ends(flocks, worker, tmp_path):
    first, second = flocks(), flocks()
    first.submit(make_job(tmp_path, "t0"))
    with pytest.raises(EngineError, match="Another step has taken over"):
        wait_for(first, Outcome)
    first.close()
    job = make_job(tmp_path, "t1")
    release(job)
    second.submit(job)
    assert outcomes_of(wait_for(second, Outcome))["t1"].error is None
    assert not (tmp_path / "t0" / "begun").exists()
    second.close()
    assert join(worker)[0] == 0


def test_an_awakened_coordinator_looks_before_it_acts(flocks):
    first = flocks()
    # As if it had been stopped: its own thread has noticed nothing.
    first._lead._over.set()
    first._lead._thread.join()
    first._lead._over.clear()
    flocks()
    until(lambda: _fails(first))


def _fails(flock) -> bool:
    try:
        flock.wait(STEADY.beat_seconds)
    except EngineError:
        return True
    return False


def test_a_coordinator_whose_signs_of_life_fail_says_so(root):
    storage = Full(open_storage(str(root)))
    timing = Timing(beat_seconds=0.1, lease_seconds=0.5)
    flock = make_flock(storage, 1, timing)
    storage.is_full = True
    with pytest.raises(EngineError, match="No space left"):
        wait_for(flock, Started)
    flock.close()


def test_a_coordinator_leaves_no_litter(flocks, worker, root, tmp_path):
    for number in range(3):
        flock, job = flocks(), make_job(tmp_path, f"t{number}")
        release(job)
        flock.submit(job)
        wait_for(flock, Outcome)
        abandon(flock)
    last = flocks()
    last.close()
    assert join(worker)[0] == 0
    storage = open_storage(str(root))
    left = storage.list(LEAD)
    assert read_lead(left).ended
    assert len(left) == 2
    assert storage.list("unfinished") == []
    assert [name for name in storage.list("up") if "beat" in name] == []


def test_a_new_study_may_follow_on_the_same_root(flocks, root, tmp_path):
    flocks().close()
    flock, job = flocks(), make_job(tmp_path)
    release(job)
    late = start_worker(root, "w1")
    flock.submit(job)
    assert outcomes_of(wait_for(flock, Outcome))["t0"].error is None
    flock.close()
    assert join(late)[0] == 0
