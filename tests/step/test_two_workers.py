"""The two workers of a step hand on their graphs."""

from __future__ import annotations

import collections
import os

import pytest

from tests.step.fixtures import properties
from tests.step.on_engines import run_given
from tuner_component import Search


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local", "flock"])
def test_each_graph_is_made_by_one_process_of_a_host(tmp_path, engine):
    for pipe in ("one", "other"):
        os.mkfifo(tmp_path / pipe)
    custom = {"folder": str(tmp_path)}
    search = Search(parallelism=2, study_dir=str(tmp_path), engine=engine)
    given = properties("two_workers.py", search, custom=custom)
    trials = run_given(given, tmp_path, workers=[("w0", "--slots", "2")])
    assert [trial["state"] for trial in trials] == ["COMPLETED"] * 4
    notes = [line.split() for line in (tmp_path / "notes").read_text().splitlines()]
    pids = collections.defaultdict(list)
    for what, pid in notes:
        pids[what].append(pid)
    assert len(pids["made"]) == len(pids["took"]) == 2  # To train, to validate.
    assert len({*pids["made"], *pids["took"]}) == 2
