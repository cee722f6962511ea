from __future__ import annotations

import pytest

from tests.chaos import flock


def check(rows: list[flock.Row], most_seconds: float) -> None:
    for row in rows:
        assert row.survived == row.injected, row
        assert (row.lost, row.begun_again) == (0, 0), row
        assert row.slowest_seconds < most_seconds, row


def test_a_killed_coordinator_is_replaced(tmp_path):
    check(flock.main(tmp_path, "hasty", {"SIGKILL of the coordinator": 1}), 60.0)


@pytest.mark.slow
def test_every_fault_is_survived(tmp_path):
    check(flock.main(tmp_path, "hasty", dict.fromkeys(flock.FAULTS, 1)), 60.0)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["SIGKILL of a worker", "SIGSTOP of a worker"])
def test_a_fault_takes_a_minute_at_most_as_it_comes(tmp_path, fault):
    check(flock.main(tmp_path, "default", {fault: 1}), 60.0)
