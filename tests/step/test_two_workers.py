"""The two workers of a step hand on their graphs."""

from __future__ import annotations

import collections
import os

import pytest

from tests.step.fixtures import properties, run_step, trials_of, write_inputs
from tuner_component import Search


@pytest.mark.slow
def test_each_graph_is_made_by_one_worker(tmp_path):
    for pipe in ("one", "other"):
        os.mkfifo(tmp_path / pipe)
    custom = {"folder": str(tmp_path)}
    search = Search(parallelism=2, study_dir=str(tmp_path / "study"))
    given = properties("two_workers.py", search, custom=custom)
    trials = trials_of(run_step(write_inputs(tmp_path / "data"), given, tmp_path))
    assert [trial["state"] for trial in trials] == ["COMPLETED"] * 4
    notes = [line.split() for line in (tmp_path / "notes").read_text().splitlines()]
    pids = collections.defaultdict(list)
    for what, pid in notes:
        pids[what].append(pid)
    assert len(pids["made"]) == len(pids["took"]) == 2  # To train, to validate.
    assert len({*pids["made"], *pids["took"]}) == 2
