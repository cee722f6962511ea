"""What happens to workers, and what the study hears of it."""

from __future__ import annotations

import errno
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.contracts.engine_contract import (
    make_job,
    outcomes_of,
    run_all,
    wait_for,
)
from tests.engines.flock_evaluators import processes_in
from tests.engines.flocks import (
    HASTY,
    STEADY,
    await_members,
    end,
    join,
    make_flock,
    start_worker,
)
from tests.engines.sessions import until
from tests.engines.storages import Flaky, Full
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.flock import layout, messages
from tuner_component.engines.flock.storage import LocalStorage, open_storage
from tuner_component.engines.flock.timing import Timing
from tuner_component.engines.flock.worker import FlockWorker
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.outcome_file import read_outcome
from tuner_component.trial import Reason

WAITING = "tests.engines.flock_evaluators:make_waiting"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "flock"


@pytest.fixture
def workers(root):
    """Starts workers, which are killed however the test ends."""
    started = []

    def start(*arguments, **options):
        started.append(start_worker(root, *arguments, **options))
        return started[-1]

    yield start
    for worker in started:
        if worker.returncode is None:
            end(worker)


@pytest.fixture
def flocks(root):
    """Makes flocks which are closed however the test ends."""
    made = []

    def make(storage=None, *arguments, **options):
        made.append(make_flock(storage or root, *arguments, **options))
        return made[-1]

    yield make
    for flock in made:
        flock.close()


def release(job) -> None:
    Path(job.folder, "go").touch()


def alive(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_workers_trial_goes_to_another(flocks, workers, root, tmp_path):
    flock = flocks(num_slots=1, timing=HASTY, evaluator=WAITING)
    first = workers("first")
    job = make_job(tmp_path)
    flock.submit(job)
    begun = wait_for(flock, Measured)[0]
    assert begun.worker.startswith("first.")
    first.kill()
    outcome = wait_for(flock, Outcome)[-1]
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    assert "first." in outcome.error.message
    assert "no sign of life" in outcome.error.message
    assert [m.resource for m in outcome.measurements] == [1]
    release(job)
    workers("second")
    flock.submit(job)
    outcome = wait_for(flock, Outcome)[-1]
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
    assert wait_for(flock, Outcome)[-1].error.reason is Reason.INFRASTRUCTURE
    os.kill(sleeper.pid, signal.SIGCONT)
    flock.submit(job)
    wait_for(flock, Measured)
    release(job)
    assert wait_for(flock, Outcome)[-1].error is None
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
    assert wait_for(flock, Outcome)[-1].error.reason is Reason.INFRASTRUCTURE
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
    assert wait_for(flock, Outcome)[-1].error.reason is Reason.INFRASTRUCTURE
    assert read_outcome(job.folder).metrics == {"loss": 0.5}


def test_a_worker_that_is_told_to_stop_says_so(flocks, workers, tmp_path):
    patient = Timing(beat_seconds=1.0, lease_seconds=600.0, batch_seconds=0.05)
    flock = flocks(num_slots=1, timing=patient, evaluator=WAITING)
    worker = workers("w0")
    flock.submit(make_job(tmp_path))
    wait_for(flock, Measured)
    worker.send_signal(signal.SIGTERM)
    error = wait_for(flock, Outcome)[-1].error
    assert error.reason is Reason.INFRASTRUCTURE
    assert "has left" in error.message
    assert join(worker)[0] == 143


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
    assert wait_for(flock, Outcome)[-1].trial_id == "t1"


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
    flock.abandon()
    code, said = join(worker)
    assert code == 1
    assert "has had no coordinator" in said


def test_a_flock_without_workers_is_an_error(flocks, tmp_path):
    timing = Timing(beat_seconds=0.1, lease_seconds=0.5, patience_seconds=0.5)
    flock = flocks(timing=timing)
    flock.submit(make_job(tmp_path))
    with pytest.raises(EngineError, match=r"No worker .*tuner_component\.worker"):
        wait_for(flock, Started)


def test_a_storage_that_fails_now_and_then_is_survived(flocks, workers, root, tmp_path):
    flaky = Flaky(open_storage(str(root)), 0.1, seed=1)
    flock = flocks(flaky, num_slots=2)
    for name in ("w0", "w1"):
        workers(name, module="tests.engines.flaky_worker")
    jobs = [make_job(tmp_path, f"t{i}", do="score", loss=i) for i in range(40)]
    outcomes = outcomes_of(run_all(flock, jobs))
    assert [outcomes[f"t{i}"].metrics["loss"] for i in range(40)] == list(range(40))
    assert flaky.num_failed > 0


def test_a_full_storage_is_said_and_the_next_coordinator_goes_on(
    flocks, workers, root, tmp_path
):
    storage = Full(open_storage(str(root)))
    flock = flocks(storage, num_slots=1)
    workers("w0")
    jobs = [make_job(tmp_path, f"t{i}", do="score") for i in range(2)]
    run_all(flock, jobs[:1])
    storage.is_full = True
    flock.submit(jobs[1])
    with pytest.raises(EngineError, match=r"No space left(.|\n)*run the step again"):
        wait_for(flock, Outcome)
    flock.abandon()
    assert outcomes_of(run_all(flocks(num_slots=1), jobs[1:]))["t1"].error is None


def test_a_storage_without_permission_is_said_at_once_by_a_worker(tmp_path):
    class Denied(LocalStorage):
        def list(self, folder):
            raise PermissionError(errno.EACCES, "Permission denied", folder)

    worker = FlockWorker(
        Denied(str(tmp_path)), "w0", 1, str(tmp_path), 600.0, str(tmp_path)
    )
    with pytest.raises(EngineError, match=r"cannot be used.*Permission denied"):
        worker.serve()


def test_a_report_that_nobody_can_read_costs_its_worker_its_trials(
    flocks, workers, root, tmp_path
):
    flock = flocks(num_slots=1, timing=STEADY, evaluator=WAITING)
    workers("w0")
    flock.submit(make_job(tmp_path))
    identity = wait_for(flock, Measured)[0].worker
    (setup,) = (root / "lead").glob("*.setup")
    for number in range(100):
        name = f"up/{identity}.{setup.stem}.mail-{number:09d}"
        open_storage(str(root)).write(name, b'{"notes": NaN}')
    outcome = wait_for(flock, Outcome)[-1]
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    assert "cannot be read" in outcome.error.message


def test_a_worker_listens_on_no_port(flocks, workers, root, tmp_path):
    flock = flocks(num_slots=1, evaluator=WAITING)
    worker = workers("w0")
    flock.submit(make_job(tmp_path))
    wait_for(flock, Measured)
    (trial,) = processes_in(tmp_path / "t0", "begun")
    with socket.create_server(("127.0.0.1", 0)):
        assert listening(os.getpid()) > 0
    assert [listening(process) for process in (worker.pid, trial)] == [0, 0]


def listening(process: int) -> int:
    """Returns how many sockets of a process take connections."""
    sockets = set()
    for kind in ("tcp", "tcp6"):
        table = Path(f"/proc/{process}/net/{kind}")
        for row in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = row.split()
            if fields[3] == "0A":
                sockets.add(f"socket:[{fields[9]}]")
    links = []
    for file in Path(f"/proc/{process}/fd").iterdir():
        try:
            links.append(str(file.readlink()))
        except OSError:
            continue
    return len(sockets.intersection(links))
