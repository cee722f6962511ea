from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.engine_contract import (
    EngineContract,
    make_job,
    next_outcome,
    outcomes_of,
    run_all,
    wait_for,
)
from tests.engines.pools import EVALUATORS, make_pool
from tests.engines.sessions import processes_of, running, until, workers_of
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.limits import TrialLimits
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload
from tuner_component.errors import EngineError
from tuner_component.outcome_file import read_outcome
from tuner_component.trial import Reason


@pytest.fixture
def pools(tmp_path):
    """Makes pools which are closed however the test ends."""
    made = []

    def make(*args, **kwargs):
        made.append(make_pool(tmp_path, *args, **kwargs))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


class TestContract(EngineContract):
    def make_engine(
        self,
        folder,
        num_workers=2,
        evaluator=f"{EVALUATORS}:make",
        settings=None,
        limits=None,
    ):
        return LocalPool(
            num_workers,
            evaluator,
            settings or {},
            log_folder=str(folder / "logs"),
            limits=limits or TrialLimits(),
        )


def test_closing_leaves_no_process(pools, tmp_path):
    pool = pools()
    for number in range(2):
        pool.submit(make_job(tmp_path, f"t{number}", do="family"))
    wait_for(pool, Measured, 2)
    assert processes_of(pool.session).count("sleep") == 2
    pool.close()
    assert processes_of(pool.session) == []
    assert not running("sleep 3601")


def test_closing_at_once_leaves_no_process(pools, tmp_path):
    pool = pools()
    pool.submit(make_job(tmp_path, do="score"))
    pool.close()
    assert processes_of(pool.session) == []
    with pytest.raises(EngineError, match="closed"):
        pool.submit(make_job(tmp_path, do="score"))


def test_a_forgotten_pool_leaves_no_process(tmp_path):
    pool = make_pool(tmp_path)
    pool.submit(make_job(tmp_path, do="hang"))
    wait_for(pool, Started)
    session = pool.session
    del pool
    gc.collect()
    assert processes_of(session) == []


@pytest.fixture(params=["executed", pytest.param("forked", marks=pytest.mark.slow)])
def driver(tmp_path, request):
    """A driver with two busy workers, as a process and the id of its session."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.engines.driver", str(tmp_path), request.param],
        stdout=subprocess.PIPE,
        text=True,
    )
    session = int(process.stdout.readline())
    until(lambda: processes_of(session).count("sleep") == 2)
    yield process, session
    process.kill()
    process.wait()
    process.stdout.close()


def gone(session: int) -> bool:
    """Whether a session has ended; its zombies are for init, the driver being dead."""
    return processes_of(session, zombies=False) == []


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_driver_leaves_no_process(driver, death):
    process, session = driver
    process.send_signal(death)
    until(lambda: gone(session) and not running("sleep 3601"), 5.0)


def test_workers_end_without_the_fork_servers_help(driver):
    process, session = driver
    os.kill(session, signal.SIGSTOP)
    process.kill()
    until(lambda: processes_of(session, zombies=False) == ["python"], 5.0)
    os.kill(session, signal.SIGCONT)
    until(lambda: gone(session), 5.0)


def test_the_fork_server_ends_workers_that_cannot_help(driver):
    process, session = driver
    for worker in workers_of(session):
        os.kill(worker, signal.SIGSTOP)
    process.kill()
    until(lambda: gone(session) and not running("sleep 3601"), 5.0)


def test_the_fork_server_is_replaced_once(pools, tmp_path):
    pool = pools()
    pool.submit(make_job(tmp_path, "t0", do="child"))
    wait_for(pool, Measured)
    first = pool.session
    os.kill(first, signal.SIGKILL)
    outcome = outcomes_of(wait_for(pool, object, 1))["t0"]
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    assert "fork server" in outcome.error.message
    until(lambda: gone(first), 5.0)
    jobs = [make_job(tmp_path, f"t{i}", do="score") for i in (1, 2)]
    assert len(outcomes_of(run_all(pool, jobs))) == 2
    os.kill(pool.session, signal.SIGKILL)
    with pytest.raises(EngineError, match="died twice"):
        pool.wait(30.0)


def test_a_fork_server_that_died_twice_says_what_is_in_its_log(
    pools, tmp_path, monkeypatch
):
    (tmp_path / "saying.py").write_text("print('last words', flush=True)")
    monkeypatch.syspath_prepend(tmp_path)
    pool = pools(1, preload=Preload(["saying"]))
    for number in range(2):
        pool.submit(make_job(tmp_path, f"t{number}", do="child"))
        wait_for(pool, Measured)
        os.kill(pool.session, signal.SIGKILL)
        assert f"t{number}" in outcomes_of(wait_for(pool, object, 1))
    log = re.escape(str(tmp_path / "logs" / "fork-server.log"))
    message = rf"The fork server died twice. The end of {log}:\n(.|\n)*last words"
    for ask in (lambda: pool.wait(30.0), lambda: pool.submit(make_job(tmp_path))):
        with pytest.raises(EngineError, match=message):
            ask()


def test_a_replaced_fork_server_leaves_the_users_modules_to_the_workers(
    pools, tmp_path, monkeypatch
):
    imports = tmp_path / "imports"
    (tmp_path / "noted.py").write_text(f"open({str(imports)!r}, 'a').write('x')")
    monkeypatch.syspath_prepend(tmp_path)
    pool = pools(preload=Preload([], ["noted"]))
    run_all(pool, [make_job(tmp_path, "t0", do="score")])
    first = pool.session
    os.kill(first, signal.SIGKILL)
    until(lambda: gone(first), 5.0)
    run_all(pool, [make_job(tmp_path, "t1", do="score")])  # May be the dead one's.
    found = outcomes_of(run_all(pool, [make_job(tmp_path, "t2", do="score")]))
    assert found["t2"].error is None
    assert pool.session != first
    assert imports.read_text() == "x"


def test_workers_that_never_get_ready_are_an_error(pools, tmp_path):
    settings = {"failures": 99, "counter": str(tmp_path / "starts")}
    pool = pools(factory="make_after_failures", settings=settings)
    pool.submit(make_job(tmp_path, do="score"))
    with pytest.raises(EngineError, match=r"3 workers.*exit code 3(.|\n)*cannot start"):
        run_all(pool, [make_job(tmp_path, "t1", do="score")])


def test_a_worker_that_starts_late_costs_no_trial(pools, tmp_path):
    settings = {"failures": 2, "counter": str(tmp_path / "starts")}
    pool = pools(1, factory="make_after_failures", settings=settings)
    events = run_all(pool, [make_job(tmp_path, do="score")])
    assert outcomes_of(events)["t0"].error is None


@pytest.mark.parametrize("action", ["close_all", "close_all_and_report"])
def test_code_that_closes_the_connection_is_told_so(pools, tmp_path, action):
    pool = pools(1)
    pool.submit(make_job(tmp_path, do=action))
    error = next_outcome(pool).error
    assert error.reason is Reason.INFRASTRUCTURE
    assert "closed its connection" in error.message
    assert "SIGKILL" not in error.message
    pool.submit(make_job(tmp_path, "next", do="kill"))
    assert "SIGKILL" in next_outcome(pool).error.message


def test_each_worker_sees_its_own_gpu(pools, tmp_path):
    environment = {"CUDA_VISIBLE_DEVICES": "4,5,GPU-aa,MIG-bb", "PROBE": "yes"}
    pool = pools(
        4,
        factory="make_reporting_environment",
        settings={"together": 4},
        environment=environment,
    )
    jobs = [make_job(tmp_path, f"t{i}") for i in range(4)]
    outcomes = outcomes_of(run_all(pool, jobs)).values()
    masks = sorted(o.report["CUDA_VISIBLE_DEVICES"] for o in outcomes)
    assert masks == ["4", "5", "GPU-aa", "MIG-bb"]
    assert {o.report["OMP_NUM_THREADS"] for o in outcomes} == {"1"}
    assert {o.report["PROBE"] for o in outcomes} == {"yes"}
    assert len({o.metrics["loss"] for o in outcomes}) == 4


def test_a_leaking_worker_is_replaced(pools, tmp_path):
    pool = pools(
        1,
        factory="make_resident",
        settings={"num_bytes": 40 * 1024**2},
        limits=TrialLimits(recycle_bytes=60 * 1024**2),
    )
    jobs = [make_job(tmp_path, f"t{i}") for i in range(6)]
    outcomes = outcomes_of(run_all(pool, jobs))
    processes = [outcomes[f"t{i}"].report["process"] for i in range(6)]
    assert len(set(processes[:3])) == 1
    assert len(set(processes[3:])) == 1
    assert processes[2] != processes[3]


def test_an_outcome_is_in_the_folder_of_its_trial(pools, tmp_path):
    jobs = [make_job(tmp_path, a, do=a) for a in ("score", "raise", "transient")]
    outcomes = outcomes_of(run_all(pools(), jobs))
    assert read_outcome(jobs[0].folder) == outcomes["score"]
    assert read_outcome(jobs[1].folder) == outcomes["raise"]
    assert read_outcome(jobs[2].folder) is None


def test_a_fork_of_the_code_writes_no_outcome(pools, tmp_path):
    job = make_job(tmp_path)
    outcome = outcomes_of(run_all(pools(1, "make_forking"), [job]))["t0"]
    assert outcome.report["left"] == []
    assert read_outcome(job.folder) == outcome


def test_modules_that_are_unsafe_to_fork_are_left_to_the_workers(pools, tmp_path):
    pool = pools(
        preload=Preload(["json", "no_such_module"], ["tests.engines.starts_thread"])
    )
    outcomes = outcomes_of(run_all(pool, [make_job(tmp_path, do="score")]))
    assert outcomes["t0"].error is None
    log = (tmp_path / "logs" / "fork-server.log").read_text()
    assert "no_such_module" in log
    assert "every worker imports them itself" in log


def test_it_works_without_standard_streams_and_folder(pools, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, None)
    outcomes = outcomes_of(run_all(pools(), [make_job(tmp_path, do="score")]))
    assert outcomes["t0"].error is None


def test_memory_of_the_driver_stays_flat(pools, tmp_path):
    pool = pools()
    run_all(pool, [make_job(tmp_path, f"w{i}", do="measure") for i in range(20)])
    before = _resident_bytes()
    run_all(pool, [make_job(tmp_path, f"t{i}", do="measure") for i in range(200)])
    assert _resident_bytes() - before < 10 * 1024**2


@pytest.mark.parametrize(
    ("num_workers", "evaluator", "message"),
    [(0, "a:b", "at least 1"), (1, "a.b", "package.module:factory")],
)
def test_arguments_are_checked(tmp_path, num_workers, evaluator, message):
    with pytest.raises(ValueError, match=message):
        LocalPool(num_workers, evaluator, {}, log_folder=str(tmp_path))


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
