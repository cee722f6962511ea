"""A driver that has only imported is forked; its workers do not notice."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def facts(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.engines.forking_driver", folder, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("state", ["fresh", "bare", "used"])
def test_a_worker_is_the_same_whether_its_driver_was_forked(state, tmp_path):
    found = facts(tmp_path, state)
    assert found["is_fork"] is (state != "used")
    assert found["error"] == "None"
    assert found["argv"] == ["-c"]
    assert "KNOWN" not in found["main"]
    assert found["files"] == []
    assert found["stdin"] == "/dev/null"
    assert found["variable"] == "yes"
    assert "written by the worker" in found["log"]
    assert "logged by the worker" in found["log"]
