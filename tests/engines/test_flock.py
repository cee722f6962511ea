from __future__ import annotations

import pytest

from tests.contracts.engine_contract import (
    EngineContract,
    make_job,
    outcomes_of,
    run_all,
)
from tests.engines.flocks import EVALUATOR, FlockOfProcesses
from tuner_component.engines.limits import TrialLimits


@pytest.mark.slow
def test_a_flock_meets_on_a_file_system_with_a_scheme(tmp_path):
    flock = FlockOfProcesses(f"file://{tmp_path}/flock", 2)
    jobs = [make_job(tmp_path, f"t{i}", do="score") for i in range(20)]
    try:
        outcomes = outcomes_of(run_all(flock, jobs))
    finally:
        flock.close()
    assert [o.error for o in outcomes.values()] == [None] * 20


class TestContract(EngineContract):
    def make_engine(
        self,
        folder,
        num_workers=2,
        evaluator=EVALUATOR,
        settings=None,
        limits=None,
    ):
        return FlockOfProcesses(
            folder / "flock",
            num_workers,
            evaluator=evaluator,
            settings=settings or {},
            limits=limits or TrialLimits(),
        )
