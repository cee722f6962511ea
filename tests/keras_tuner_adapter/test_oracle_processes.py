"""Our strategies inside KerasTuner's tuners, from several threads and processes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.pure_tuner import Pure, pure_tuner, score  # noqa: E402


def test_workers_of_a_chief_get_trials_of_their_own(tmp_path):
    oracle = pure_tuner(tmp_path, "random", 24, Pure).oracle
    oracle.verbose = 0
    seen, errors = [], []

    def work(tuner_id):
        try:
            while (trial := oracle.create_trial(tuner_id)).status == "RUNNING":
                seen.append(trial.trial_id)
                found = score(trial.hyperparameters)
                oracle.update_trial(trial.trial_id, {"score": found})
                trial.status = "COMPLETED"
                oracle.end_trial(trial)
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(f"tuner{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert sorted(seen) == [f"{number:02d}" for number in range(24)]
    keys = {json.dumps(t.hyperparameters.values) for t in oracle.trials.values()}
    assert len(keys) == 24


def test_an_error_does_not_lock_the_other_workers_out(tmp_path):
    oracle = pure_tuner(tmp_path, "random", 4, Pure).oracle
    populate = oracle.populate_space

    def broken(trial_id):
        raise RuntimeError("no space left")

    oracle.populate_space = broken
    with pytest.raises(RuntimeError, match="no space left"):
        oracle.create_trial("one")
    oracle.populate_space = populate
    created = []
    other = threading.Thread(
        target=lambda: created.append(oracle.create_trial("two")), daemon=True
    )
    other.start()
    other.join(60)
    assert created[0].status == "RUNNING"


_SCRIPT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    import keras, keras_tuner, numpy as np
    from tuner_component import ContinuingTuner, StrategyOracle

    folder, kind, max_trials = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 2)).astype("float32")
    y = (x.sum(axis=1) > 0).astype("float32")

    def build_model(hp):
        model = keras.Sequential([
            keras.layers.Input((2,)),
            keras.layers.Dense(hp.Int("units", 1, 8), "relu"),
            keras.layers.Dense(1, "sigmoid"),
        ])
        rate = hp.Float("rate", 1e-3, 1.0, sampling="log")
        model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
        return model

    if kind == "hyperband":
        tuner = ContinuingTuner(
            StrategyOracle("hyperband", "val_loss", max_resource=4, reduction_factor=2),
            build_model, directory=folder, project_name="p",
        )
    else:
        tuner = keras_tuner.Tuner(
            StrategyOracle(kind, "val_loss", max_trials), build_model,
            directory=folder, project_name="p", executions_per_trial=2,
        )
    tuner.search(x, y, validation_data=(x, y), epochs=1, verbose=0)
    best = tuner.get_best_models()[0]
    loss = best.evaluate(x, y, verbose=0)
    assert abs(loss - tuner.oracle.get_best_trials()[0].score) < (
        1e-4 if kind == "hyperband" else 1.0
    )
    lines = []
    for trial_id in tuner.oracle.start_order:
        values = tuner.oracle.trials[trial_id].hyperparameters.values
        lines.append(repr(sorted(values.items())))
    Path(folder, f"{max_trials}.txt").write_text("\\n".join(lines))
    """
)


def _run_script(folder, kind, max_trials):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", _SCRIPT, str(folder), kind, str(max_trials)]
    subprocess.run(command, check=True, timeout=600)
    return (folder / f"{max_trials}.txt").read_text().splitlines()


@pytest.mark.slow
def test_a_script_goes_on_in_another_process(tmp_path):
    first = _run_script(tmp_path / "one", "quasi_random", 3)
    resumed = _run_script(tmp_path / "one", "quasi_random", 5)
    assert resumed[:3] == first
    assert _run_script(tmp_path / "two", "quasi_random", 5) == resumed


@pytest.mark.slow
def test_a_continuing_tuner_trains_through_rungs(tmp_path):
    lines = _run_script(tmp_path / "one", "hyperband", 0)
    assert any("tuner/trial_id" in line for line in lines)
