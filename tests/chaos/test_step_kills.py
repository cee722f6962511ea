from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.step import fixtures as step_fixtures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    step_fixtures.write_inputs(folder)
    return folder


def _start(data, study_dir):
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.chaos.step", str(data)],
        env={**os.environ, "STUDY_DIR": study_dir},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _finish(data, study_dir):
    """Runs the step to its end; returns what it said and its trials."""
    said = _start(data, study_dir).communicate(timeout=300)[0]
    return said, json.loads((data / "trials.json").read_text())


@pytest.fixture(scope="module")
def undisturbed(data, tmp_path_factory):
    return _finish(data, str(tmp_path_factory.mktemp("undisturbed")))[1]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_killed_step_continues_and_ends_as_an_undisturbed_one(
    data, undisturbed, tmp_path, scheme
):
    killed = _start(data, f"{scheme}{tmp_path}/killed")
    for line in killed.stdout:
        if "trials done" in line:
            break
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)
    said, trials = _finish(data, f"{scheme}{tmp_path}/killed")
    assert "Continues study" in said
    assert trials == undisturbed
