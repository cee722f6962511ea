"""A storage that fails, is full, is forbidden, or holds what nobody can read."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from tests.contracts.engine_contract import (
    make_job,
    next_outcome,
    outcomes_of,
    run_all,
    wait_for,
)
from tests.engines.flock_evaluators import WAITING
from tests.engines.flocks import STEADY, abandon
from tests.engines.storages import Flaky, Full
from tuner_component.engines.base import Measured
from tuner_component.engines.flock.worker import FlockWorker
from tuner_component.engines.storage.objects import LocalStorage, open_storage
from tuner_component.errors import EngineError
from tuner_component.evaluation import Outcome
from tuner_component.trial import Reason


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
    abandon(flock)
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


def test_a_worker_that_can_make_no_folder_for_temporary_files_says_so(tmp_path):
    code = (
        "import sys, tempfile; from tuner_component import worker\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "sys.exit(worker.main(['--root', sys.argv[2]]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "none"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert "cannot make a folder for temporary files" in ended.stderr
    assert "Traceback" not in ended.stderr


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
    outcome = next_outcome(flock)
    assert outcome.error.reason is Reason.INFRASTRUCTURE
    assert "cannot be read" in outcome.error.message
