"""The step on an emulated Vertex AI: submitted by the real client, run by processes."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.engines.sessions import until
from tests.step.fixtures import strict, trials_of, write_inputs
from tests.vertex.requests import config, pool, request
from tests.vertex.service import Replicas, serving
from tuner_component import Search
from tuner_component.errors import EngineError
from tuner_component.vertex import submission

POLL_SECONDS = 0.2


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("data"))


def asked(inputs, root, num_workers, **search):
    shared = [
        {"server": "10.0.0.1", "path": "/", "mount_point": str(folder)}
        for folder in (root, Path(inputs["examples"][0].uri).parent, "/proc")
    ]
    pools = [pool(nfs_mounts=shared)]
    if num_workers:
        pools.append(pool(nfs_mounts=shared, replica_count=num_workers))
    options = {"max_trials": 6, "epochs": 1, "strategy": "random", **search}
    return request(inputs, root, config(*pools), Search(**options))


def log(folder, name):
    return (folder / f"{name}.log").read_text()


@pytest.mark.slow
def test_a_search_of_three_replicas_survives_one_and_lets_a_late_one_go(
    inputs, tmp_path
):
    step = asked(inputs, tmp_path, 3, max_trials=4)
    late, killed = ("workerpool1", 2), ("workerpool1", 1)
    replicas = Replicas(tmp_path, late)

    def kill() -> None:
        replicas.is_running.wait()
        until(lambda: "serves coordinator" in log(tmp_path, "workerpool1-1"), 240)
        replicas.processes[killed].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with serving(replicas) as client:
        submission.run(step, client, POLL_SECONDS)
        killer.join()
        assert replicas.processes["workerpool1", 0].wait(120) == 0
        assert replicas.processes[killed].wait() == -9
        assert replicas.start(late).wait(240) == 0
    assert "The study has ended" in log(tmp_path, "workerpool1-2")
    trials = trials_of(step.outputs)
    assert [t["state"] for t in trials] == ["COMPLETED"] * 4
    names = {t["worker"].split(".")[0] for t in trials}
    assert names <= {"workerpool0-0", "workerpool1-0", "workerpool1-1"}
    assert "serves coordinator" in log(tmp_path, "workerpool0-0")
    best = Path(step.outputs["best_hyperparameters"][0].uri)
    assert [file.name for file in best.iterdir()] == ["best_hyperparameters.txt"]
    assert strict(best / "best_hyperparameters.txt")["values"]
    metrics = step.outputs["metrics"][0]
    assert metrics.get_float_custom_property("num_completed_trials") == 4


def test_a_job_that_fails_says_where_to_look(inputs, tmp_path):
    step = asked(inputs, tmp_path, 0, study_dir="/proc/no_folder")
    replicas = Replicas(tmp_path)
    ended = pytest.raises(EngineError, match=r"customJobs/1 of Vertex AI has ended")
    with serving(replicas) as client, ended:
        submission.run(step, client, POLL_SECONDS)
    assert "/proc/no_folder" in log(tmp_path, "workerpool0-0")


def test_a_job_that_ends_as_the_step_is_stopped_does_not_hide_that(
    inputs, tmp_path, monkeypatch
):
    replicas = Replicas(tmp_path)

    def interrupt(seconds):
        replicas.processes["workerpool0", 0].kill()
        replicas.processes["workerpool0", 0].wait()
        raise KeyboardInterrupt

    monkeypatch.setattr(submission, "time", SimpleNamespace(sleep=interrupt))
    with serving(replicas) as client, pytest.raises(KeyboardInterrupt):
        submission.run(asked(inputs, tmp_path, 0), client, POLL_SECONDS)


def test_a_step_that_is_stopped_takes_its_job_along(inputs, tmp_path, monkeypatch):
    replicas = Replicas(tmp_path)
    monkeypatch.setattr(submission, "time", SimpleNamespace(sleep=_interrupt))
    with serving(replicas) as client:
        with pytest.raises(KeyboardInterrupt):
            submission.run(asked(inputs, tmp_path, 0), client, POLL_SECONDS)
        assert replicas.processes["workerpool0", 0].wait(30) == -9


def _interrupt(seconds):
    raise KeyboardInterrupt


def test_nothing_is_submitted_when_something_is_wrong(inputs, tmp_path):
    replicas = Replicas(tmp_path)
    broken = request(inputs, tmp_path, config(pool(replica_count=2)))
    with serving(replicas) as client:
        with pytest.raises(ValueError, match="the first pool is the coordinator"):
            submission.run(broken, client, POLL_SECONDS)
        assert replicas.requests == []
