from __future__ import annotations

import subprocess
import sys

import pytest

_MODULE = """
import sys, weakref
from tuner_component.engines.beam import leaving

class Late:
    def __del__(self):
        print("taken apart")

late = Late()
cycle = [late]
cycle.append(cycle)
sys.modules["__main__"].__spec__ = type("Spec", (), {{"name": {name!r}}})
leaving.leave_quickly()
weakref.finalize(cycle[0], print, "closed")
{end}
"""


def run(name: str, end: str) -> subprocess.CompletedProcess[str]:
    code = _MODULE.format(name=name, end=end)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("end", "status"), [("", 0), ("raise ValueError", 1)])
def test_a_worker_closes_what_it_has_and_is_gone(end, status):
    done = run("apache_beam.runners.worker.sdk_worker_main", end)
    assert done.stdout.split("\n")[:-1] == ["closed"]
    assert done.returncode == status
    assert ("ValueError" in done.stderr) == status


def test_other_processes_end_as_ever():
    assert "taken apart" in run("pytest", "").stdout
