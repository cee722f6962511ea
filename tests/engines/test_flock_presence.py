"""Who is there, who is not yet, and who is gone."""

from __future__ import annotations

import platform
import re

import pytest

from tests.contracts.engine_contract import make_job, outcomes_of, run_all, wait_for
from tests.engines.flock_evaluators import WAITING, release
from tests.engines.flocks import abandon, await_members, join
from tests.engines.sessions import until
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.flock import layout, messages
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.storage.objects import open_storage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome


def test_who_is_gone_gets_no_job(flocks, root, tmp_path):
    timing = Timing(beat_seconds=0.1, lease_seconds=0.5)
    flock, storage = flocks(timing=timing), open_storage(str(root))
    member, (setup,) = layout.new_member("w0"), (root / "lead").glob("*.setup")
    joined = messages.write_notes([messages.Note(messages.Kind.JOINED, slots=1)])
    storage.write(f"up/{member}.{setup.stem}.mail-000000000", joined)
    storage.write(layout.beat_name(member, 1), layout.MARK)
    until(lambda: not flock.wait(0.1) and storage.list("up") == [])
    flock.submit(make_job(tmp_path))
    assert flock.wait(0.5) == []
    assert storage.list("to") == []
    storage.write(layout.beat_name(member, 2), layout.MARK)
    until(lambda: not flock.wait(0.0) and storage.list(f"to/{member}") != [])


def test_a_worker_may_have_several_slots(flocks, workers, tmp_path):
    flock = flocks(num_slots=2, evaluator=WAITING)
    workers("w0", "--slots", "2")
    jobs = [make_job(tmp_path, f"t{i}") for i in range(2)]
    for job in jobs:
        flock.submit(job)
    wait_for(flock, Measured, 2)
    for job in jobs:
        release(job)
    outcomes = outcomes_of(wait_for(flock, Outcome, 2))
    assert {o.worker.split(".")[0] for o in outcomes.values()} == {"w0"}


def test_workers_may_be_there_first(flocks, workers, root, tmp_path):
    workers("early", module="tests.engines.announced_worker")
    until((tmp_path / "flock" / "announced").exists)
    outcomes = outcomes_of(run_all(flocks(), [make_job(tmp_path, do="score")]))
    assert outcomes["t0"].error is None


def test_a_worker_that_comes_after_the_end_leaves_at_once(flocks, workers, root):
    flocks().close()
    code, said = join(workers("late"))
    assert code == 0
    assert "The study has ended" in said


def test_a_worker_waits_for_a_first_coordinator_in_vain(workers):
    code, said = join(workers("w0", "--patience", "0.3"))
    assert code == 1
    assert "has had no coordinator" in said


def test_workers_leave_when_nobody_takes_over(flocks, workers, root):
    timing = Timing(beat_seconds=0.1, lease_seconds=5.0, patience_seconds=1.0)
    flock = flocks(timing=timing)
    worker = workers("w0")
    await_members(root, "w0")
    abandon(flock)
    code, said = join(worker)
    assert code == 1
    assert "has had no coordinator" in said


def test_a_flock_without_workers_is_an_error(flocks, tmp_path):
    timing = Timing(beat_seconds=0.1, lease_seconds=0.5, patience_seconds=0.5)
    flock = flocks(timing=timing)
    flock.submit(make_job(tmp_path))
    with pytest.raises(EngineError, match=r"No worker .*tuner_component\.worker"):
        wait_for(flock, Started)


def test_a_host_without_folders_says_so_when_it_leaves(flocks, workers, tmp_path):
    timing = Timing(beat_seconds=0.25, lease_seconds=15.0, patience_seconds=0.5)
    flock = flocks(timing=timing)
    logs = tmp_path / "file" / "logs"
    logs.parent.touch()
    code, said = join(workers("w0", "--logs", str(logs)))
    assert code == 1
    assert f"w0 cannot work: {platform.node()} cannot be worked on" in re.sub(
        r"w0\.\w+", "w0", said
    )
    flock.submit(make_job(tmp_path))
    with pytest.raises(EngineError, match=rf"w0\..* has left: .*{logs}"):
        wait_for(flock, Outcome)


def test_a_folder_that_fails_is_looked_at_now_and_then(flocks, workers, root):
    timing = Timing(
        beat_seconds=0.25,
        lease_seconds=15.0,
        patience_seconds=1.0,
        longest_poll_seconds=0.25,
    )
    flocks(timing=timing, code="code/missing.zip")
    code, said = join(workers("w0"))
    assert code == 1
    assert f"The flock's folder {root} cannot be used" in said
    assert 2 <= said.count("The flock's folder fails") <= 6
