"""Kubeflow and Vertex AI as the tests emulate them: `make bench-emulations`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import pytest

from tests.benchmarks.parts.figures import Figure, report

_CUSTOM_JOB = "tests/engines/test_flock_search.py::test_a_custom_job_"
TESTS = {
    "compiled pipeline on Vertex AI and Kubeflow": [
        "tests/kubeflow/test_conformance.py",
    ],
    "CLUSTER_SPEC, 1 + 2 processes, one killed or late": [
        f"{_CUSTOM_JOB}ends_and_so_do_replicas_that_come_late",
        f"{_CUSTOM_JOB}survives_a_replica_that_is_killed",
    ],
    "CustomJob of 1 + 3 replicas, one killed, one late": [
        "tests/vertex/test_submission.py::"
        "test_a_search_of_three_replicas_survives_one_and_lets_a_late_one_go",
    ],
}


class _Failures:
    num_failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.num_failed += not report.passed


def _run(name: str, tests: Sequence[str]) -> list[Figure]:
    failures, started = _Failures(), time.perf_counter()
    status = pytest.main(["-q", "-m", "", "--timeout", "900", *tests], [failures])
    seconds = time.perf_counter() - started
    return [
        Figure(f"{name}: runs that failed", failures.num_failed + bool(status), 0),
        Figure(f"{name}: s", seconds, 600),
    ]


def measure() -> list[Figure]:
    return [figure for name in TESTS for figure in _run(name, TESTS[name])]


if __name__ == "__main__":
    sys.exit(report("emulations", measure()))
