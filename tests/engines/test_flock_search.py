"""Whole searches on a flock: by hand, and as a Vertex CustomJob starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.chaos import search
from tests.engines.flocks import HOST, FlockOfProcesses, end, join, start_worker
from tuner_component import search_loop
from tuner_component.engines.local_pool import LocalPool
from tuner_component.strategies.random import Random
from tuner_component.study import Study, StudyLimits
from tuner_component.study import home as study_home
from tuner_component.trial import Objective

EVALUATOR = "tests.chaos.search:make_evaluator"


class Silent:
    def on_event(self, study, event):
        pass

    def on_tick(self, study):
        pass


def history(folder, engine):
    """Runs the seeded search on an engine; returns what every trial came to."""
    try:
        with study_home.open_home(str(folder / "studies"), {"space": "x"}) as home:
            study = Study.open(
                home,
                Random(search.SPACE, 0),
                Objective("loss", "min"),
                StudyLimits(max_trials=search.NUM_TRIALS),
            )
            search_loop.run(study, engine, Silent())
    finally:
        engine.close()
    return [(t.trial_id, dict(t.values), t.seed, t.score) for t in study.trials]


def test_a_flock_of_three_comes_to_the_history_of_a_local_pool(tmp_path):
    """Its hosts have no network at all where this user may make such."""
    may = subprocess.run([*HOST, "true"], capture_output=True).returncode == 0
    settings = {"log": str(tmp_path / "begun.log"), "seconds": 0.05}
    local, flock = tmp_path / "local", tmp_path / "flock"
    on_pool = history(
        local, LocalPool(3, EVALUATOR, settings, log_folder=str(tmp_path / "logs"))
    )
    on_flock = history(
        flock,
        FlockOfProcesses(
            flock / "root",
            3,
            HOST if may else (),
            evaluator=EVALUATOR,
            settings=settings,
        ),
    )
    assert on_flock == on_pool
    assert len({tuple(values.items()) for _, values, _, _ in on_flock}) == 12


@pytest.fixture
def vertex(tmp_path):
    """Starts replicas of a CustomJob with 1 + 2 machines, as Vertex AI does."""
    hosts = {"workerpool0": ["a:2222"], "workerpool1": ["b:2222", "c:2222"]}
    started = []

    def start(pool, index):
        task = {"type": pool, "index": index, "trial": ""}
        spec = {"cluster": hosts, "environment": "cloud", "task": task}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.engines.vertex_replica", str(tmp_path)],
                env={**os.environ, "CLUSTER_SPEC": json.dumps(spec)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for replica in started:
        if replica.returncode is None:
            end(replica)


def best_of(primary) -> str:
    said, error = primary.communicate(timeout=60)
    assert primary.returncode == 0, error
    (best,) = [line for line in said.splitlines() if line.startswith("best ")]
    return best


def test_a_custom_job_ends_and_so_do_replicas_that_come_late(vertex):
    primary, worker = vertex("workerpool0", 0), vertex("workerpool1", 0)
    assert best_of(primary)
    assert join(worker)[0] == 0
    code, said = join(vertex("workerpool1", 1))
    assert code == 0
    assert "The study has ended" in said


def test_a_custom_job_survives_a_replica_that_is_killed(vertex, tmp_path):
    workers = [vertex("workerpool1", index) for index in range(2)]
    primary = vertex("workerpool0", 0)
    for line in primary.stdout:
        if "Started" in line and "workerpool1-1." in line:
            break
    workers[1].kill()
    best = best_of(primary)
    assert join(workers[0])[0] == 0
    (undisturbed,) = _best(tmp_path / "undisturbed")
    assert best == undisturbed


def test_pods_of_an_indexed_job_know_their_names(tmp_path):
    worker = start_worker(tmp_path, "", "--patience", "0.1", JOB_COMPLETION_INDEX="3")
    assert "worker-3." in join(worker)[1]


def _best(folder):
    folder.mkdir()
    pool = LocalPool(
        2,
        EVALUATOR,
        {"log": str(folder / "begun.log"), "seconds": 0.0},
        log_folder=str(folder / "logs"),
    )
    trials = history(folder, pool)
    trial_id, _, _, score = min(trials, key=lambda trial: trial[3])
    return [f"best {trial_id} {score}"]
