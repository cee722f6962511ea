"""TensorFlow, imported once by the fork server, works in every worker."""

from __future__ import annotations

import time

import pytest

from tests.contracts.engine_contract import make_job, outcomes_of, run_all
from tuner_component.engines.local_pool import LocalPool
from tuner_component.engines.pool_server import Preload

pytestmark = pytest.mark.slow


def test_two_workers_fit_at_once_and_start_fast(tmp_path):
    pool = LocalPool(
        2,
        "tests.engines.keras_evaluators:make",
        {},
        log_folder=str(tmp_path / "logs"),
        preload=Preload(["tensorflow", "keras", "keras_tuner"]),
    )
    try:
        first = outcomes_of(run_all(pool, [make_job(tmp_path, "alone", together=1)]))
        assert first["alone"].error is None
        started = time.time()
        pair = [make_job(tmp_path, f"pair{i}", together=2) for i in range(2)]
        outcomes = outcomes_of(run_all(pool, pair))
    finally:
        pool.close()
    assert {o.error for o in outcomes.values()} == {None}
    assert {o.worker for o in outcomes.values()} == {"worker-0", "worker-1"}
    assert max(o.started_at for o in outcomes.values()) - started <= 1.0
    assert all(o.metrics["loss"] >= 0.0 for o in outcomes.values())
