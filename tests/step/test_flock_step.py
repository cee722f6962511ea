"""The whole step with its trials on workers that share storage only."""

from __future__ import annotations

import shutil

import pytest

from tests.engines.flocks import end, join, start_worker
from tests.step.fixtures import (
    MODULES,
    properties,
    run_step,
    strict,
    trials_of,
)
from tuner_component import Search
from tuner_component.errors import PreflightError

pytestmark = pytest.mark.slow


@pytest.fixture
def workers(tmp_path):
    """Starts workers of the step's flock, which end however the test does."""
    started = []

    def start(study_dir, count, *options):
        root = study_dir / "Tuner" / "flock"
        for number in range(len(started), len(started) + count):
            started.append(start_worker(root, f"w{number}", *options))
        return started

    yield start
    for worker in started:
        if worker.returncode is None:
            end(worker)


def search_on(engine, study_dir, strategy="random"):
    return Search(
        strategy=strategy,
        max_trials=4,
        epochs=1,
        parallelism=2,
        engine=engine,
        study_dir=str(study_dir),
    )


def tried(made):
    return [(t["trial_id"], t["values"], t["score"]) for t in trials_of(made)]


def best_of(made):
    return strict(f"{made['best_hyperparameters'][0].uri}/best_hyperparameters.txt")


def test_a_flock_finds_what_the_local_pool_finds(inputs, workers, tmp_path, capsys):
    module = tmp_path / "code" / "shipped_model.py"
    module.parent.mkdir()
    shutil.copy(MODULES / "own_model.py", module)
    made = {}
    for engine in ("local", "flock"):
        folder = tmp_path / engine
        if engine == "flock":
            started = workers(folder, 2)
        search = search_on(engine, folder)
        given = properties(module, search, label_key="species")
        made[engine] = run_step(inputs, given, folder)
    assert tried(made["flock"]) == tried(made["local"])
    assert best_of(made["flock"])["values"] == best_of(made["local"])["values"]
    names = {t["worker"].split(".")[0] for t in trials_of(made["flock"])}
    assert names <= {"w0", "w1"}
    assert [join(worker)[0] for worker in started] == [0, 0]
    exported = list((tmp_path / "flock").rglob("saved_model.pb"))
    assert exported
    assert "python -m tuner_component.worker --root" in capsys.readouterr().out


def test_a_flock_without_a_number_of_trials_is_refused(inputs, tmp_path):
    given = properties("own_model.py", Search(engine="flock"), label_key="species")
    with pytest.raises(PreflightError, match="how many trials run at once"):
        run_step(inputs, given, tmp_path)
