"""Our strategies inside KerasTuner's own tuners."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
import textwrap
import threading

import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.ask_and_tell import completed, search  # noqa: E402
from tuner_component import Objective, StrategyOracle  # noqa: E402  # noqa: E402
from tuner_component.errors import (  # noqa: E402
    PreflightError,
    StudyMismatchError,
)
from tuner_component.keras_tuner_adapter.growing import Growing  # noqa: E402
from tuner_component.keras_tuner_adapter.space import from_keras_tuner  # noqa: E402
from tuner_component.strategies import registry  # noqa: E402


def _score(hp):
    """A pure function with a condition in it."""
    x = hp.Float("x", -1.0, 1.0)
    kind = hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["b"]):
        if kind == "b":
            return (x - 0.3) ** 2 - 0.1 * hp.Int("n", 1, 9)
    return x**2


class _Declared(keras_tuner.HyperModel):
    def build(self, hp):
        _score(hp)


class _Pure(keras_tuner.engine.base_tuner.BaseTuner):
    score = staticmethod(_score)

    def run_trial(self, trial, **_):
        return {"score": self.score(trial.hyperparameters)}


def _tuner(folder, strategy="random", max_trials=6, cls=_Pure, model=True, **options):
    options = {"objective": Objective("score", "min"), **options}
    oracle = StrategyOracle(strategy, max_trials=max_trials, **options)
    return cls(
        oracle=oracle,
        hypermodel=_Declared() if model else None,
        directory=str(folder),
        project_name="project",
    )


def _values(tuner):
    oracle = tuner.oracle
    return [oracle.trials[i].hyperparameters.values for i in oracle.start_order]


def _searched(tuner):
    tuner.search(verbose=0)
    return _values(tuner)


def _through_our_study(strategy, seed, max_trials):
    hp = keras_tuner.HyperParameters()
    hp.values = {"kind": "b"}
    _score(hp)
    config = hp.get_config()

    def answer(trial):
        given = keras_tuner.HyperParameters()
        given.values = dict(trial.values)
        return completed(
            trial, _score(given), report={"hyperparameters": given.get_config()}
        )

    growing = Growing(
        lambda space: registry.create(strategy, space, seed, {}),
        from_keras_tuner(config),
    )
    history, _ = search(growing, answer, max_trials=max_trials)
    return [dict(trial.values) for trial in history]


@pytest.mark.parametrize("strategy", ["random", "evolution", "bayesian"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_trials_are_those_of_our_own_study(tmp_path, strategy, seed):
    tuner = _tuner(tmp_path, strategy, 14, _Pure, seed=seed)
    assert _searched(tuner) == _through_our_study(strategy, seed, 14)


def test_seeds_differ_and_zero_is_one(tmp_path):
    runs = [
        _searched(_tuner(tmp_path / str(number), cls=_Pure, seed=seed))
        for number, seed in enumerate([0, 0, 1])
    ]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("strategy", ["random", "evolution", "bayesian"])
def test_a_reloaded_project_goes_on_as_if_it_had_not_stopped(tmp_path, strategy):
    whole = _searched(_tuner(tmp_path / "whole", strategy, 12, _Pure))
    _searched(_tuner(tmp_path / "parts", strategy, 5, _Pure))
    assert _searched(_tuner(tmp_path / "parts", strategy, 12, _Pure)) == whole


def test_a_project_of_another_strategy_is_refused(tmp_path):
    _searched(_tuner(tmp_path, "random", 2, _Pure))
    with pytest.raises(StudyMismatchError, match=r"'random'.*'evolution'.*overwrite"):
        _tuner(tmp_path, "evolution", 4, _Pure)


def test_the_best_come_out_as_from_any_oracle(tmp_path):
    tuner = _tuner(tmp_path, "random", 8, _Pure)
    tuner.search(verbose=0)
    best = tuner.get_best_hyperparameters()[0]
    assert _score(best) == min(trial.score for trial in tuner.oracle.get_best_trials(8))


def test_a_finite_space_ends_by_itself(tmp_path):
    class Finite(_Pure):
        score = staticmethod(lambda hp: hp.Int("a", 1, 3) + hp.Boolean("b"))

    hp = keras_tuner.HyperParameters()
    Finite.score(hp)
    tuner = _tuner(tmp_path, "random", None, Finite, model=False, hyperparameters=hp)
    values = _searched(tuner)
    assert len(values) == len({tuple(v.items()) for v in values}) == 6


def test_an_endless_search_is_refused_before_it_begins(tmp_path):
    with pytest.raises(PreflightError, match=r"never ends by itself.*max_trials"):
        _tuner(tmp_path, "random", None)


def test_the_space_may_be_found_by_the_first_trial(tmp_path):
    values = _searched(_tuner(tmp_path, "bayesian", 9, _Pure, model=False))
    assert len(values) == 9
    assert all({"x", "kind"} <= set(v) for v in values)
    assert len({v["x"] for v in values}) == 9
    assert {v["kind"] for v in values} == {"a", "b"}
    assert all(("n" in v) == (v["kind"] == "b") for v in values)


def test_entries_that_are_not_tuned_keep_their_default(tmp_path):
    hp = keras_tuner.HyperParameters()
    hp.Float("x", -1.0, 1.0)
    tuner = _tuner(
        tmp_path, "random", 5, _Pure, hyperparameters=hp, tune_new_entries=False
    )
    assert {v["kind"] for v in _searched(tuner)} == {"a"}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "raises"])
def test_a_failed_trial_is_no_end(tmp_path, bad):
    class Failing(_Pure):
        def run_trial(self, trial, **_):
            if trial.trial_id == "1":
                if bad == "raises":
                    raise ValueError("no")
                return {"score": bad}
            return super().run_trial(trial)

    tuner = _tuner(tmp_path, "bayesian", 8, Failing, max_retries_per_trial=1)
    assert len(_searched(tuner)) == 8
    history = tuner.oracle._proposals.history(tuner.oracle.trials)
    states = [trial.state.value for trial in history]
    assert states == ["COMPLETED", "FAILED", *["COMPLETED"] * 6]


def _epochs(trial):
    values = trial.hyperparameters.values
    return values["tuner/initial_epoch"], values["tuner/epochs"]


def test_rungs_are_spoken_of_as_keras_tuner_does(tmp_path):
    class Rungs(_Pure):
        spent: dict = {}  # noqa: RUF012

        def run_trial(self, trial, **_):
            first, last = _epochs(trial)
            parent = trial.hyperparameters.values.get("tuner/trial_id")
            assert first == (self.spent[parent] if parent else 0)
            self.spent[trial.trial_id] = last
            return {"score": self.score(trial.hyperparameters) + 1 / last}

    options = {"max_resource": 9, "reduction_factor": 3, "num_configurations": 9}
    tuner = _tuner(tmp_path, "successive_halving", None, Rungs, **options)
    tuner.search(verbose=0)
    runs = [_epochs(tuner.oracle.trials[i]) for i in tuner.oracle.start_order]
    bracket = tuner.oracle._create(
        from_keras_tuner(tuner.oracle.hyperparameters.get_config())
    ).plan.brackets[0]
    expected, before = [], 0
    for rung in bracket.rungs:
        expected += [(before, rung.resource)] * rung.num_configurations
        before = rung.resource
    assert sorted(runs) == sorted(expected)
    best = tuner.oracle.get_best_trials()[0]
    history = tuner.oracle._proposals.history(tuner.oracle.trials)
    assert max(len(trial.rungs) for trial in history) == len(bracket.rungs)
    assert _epochs(best)[1] == 9


@pytest.mark.parametrize("stop_after", [3, 10])
def test_rungs_go_on_after_a_reload(tmp_path, stop_after):
    class Stopped(_Pure):
        left = 1000

        def on_trial_begin(self, trial):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1

    options = {"max_resource": 9, "reduction_factor": 3}
    whole = _searched(_tuner(tmp_path / "whole", "hyperband", None, Stopped, **options))
    tuner = _tuner(tmp_path / "parts", "hyperband", None, Stopped, **options)
    tuner.left = stop_after
    with pytest.raises(KeyboardInterrupt):
        tuner.search(verbose=0)
    tuner = _tuner(tmp_path / "parts", "hyperband", None, Stopped, **options)
    assert _searched(tuner) == whole


def test_workers_of_a_chief_get_trials_of_their_own(tmp_path):
    oracle = _tuner(tmp_path, "random", 24, _Pure).oracle
    oracle.verbose = 0
    seen, errors = [], []

    def work(tuner_id):
        try:
            while (trial := oracle.create_trial(tuner_id)).status == "RUNNING":
                seen.append(trial.trial_id)
                score = _score(trial.hyperparameters)
                oracle.update_trial(trial.trial_id, {"score": score})
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
    oracle = _tuner(tmp_path, "random", 4, _Pure).oracle
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "bayesan"}, "Did you mean 'bayesian'"),
        ({"strategy": "grid", "grid_point": 3}, "Did you mean 'grid_points'"),
        ({"seed": -1}, r"seed=-1\): expected an integer, at least 0"),
        ({"seed": None}, r"seed=None"),
        ({"max_trials": 0}, r"max_trials=0\): expected an integer, at least 1"),
        (
            {"strategy": "hyperband", "resource": "examples_fraction"},
            "'examples_fraction'.*expected 'epochs'",
        ),
        (
            {"strategy": "evolution", "inherit_weights": True},
            "passes no weights from trial to trial",
        ),
    ],
)
def test_arguments_that_are_not_understood(options, message):
    with pytest.raises(ValueError, match=message):
        StrategyOracle(**{"objective": "val_loss", **options})


def test_importing_the_package_imports_no_keras_tuner():
    code = "import sys, tuner_component; sys.exit('keras_tuner' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


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


def test_a_history_holds_what_a_strategy_reads(tmp_path):
    tuner = _tuner(tmp_path, "random", 3, _Pure, objective=Objective("score", "max"))
    tuner.search(verbose=0)
    for trial in tuner.oracle._proposals.history(tuner.oracle.trials):
        assert trial.loss == -trial.score
        assert dataclasses.asdict(trial)["number"] == int(trial.trial_id)


class _GrowingTuner(_Pure):
    """Asks for another hyperparameter in later trials."""

    def run_trial(self, trial, **_):
        hp = trial.hyperparameters
        x = hp.Float("x", 0.0, 1.0)
        if x > 0.5:
            hp.Int("y", 1, 1_000)
        return {"score": x}


@pytest.mark.parametrize("strategy", ["asha", "successive_halving"])
def test_promoted_trials_have_the_same_values_each_time(tmp_path, strategy):
    found = [
        _searched(_tuner(tmp_path / name, strategy, 9, _GrowingTuner, model=False))
        for name in ("one", "other")
    ]
    assert found[0] == found[1]
    assert any("tuner/trial_id" in values for values in found[0])


class _Infinite(_Pure):
    def run_trial(self, trial, **_):
        x = trial.hyperparameters.Float("x", 0.0, 1.0)
        return {"score": -math.inf if 0.1 < x < 0.35 else x}


def test_an_infinite_objective_never_wins(tmp_path):
    tuner = _tuner(tmp_path, cls=_Infinite, max_trials=8, model=False, seed=1)
    tuner.oracle.max_consecutive_failed_trials = 8
    tuner.search(verbose=0)
    scores = [trial.score for trial in tuner.oracle.get_best_trials(6)]
    statuses = {trial.status for trial in tuner.oracle.trials.values()}
    assert statuses == {"COMPLETED", "FAILED"}
    assert all(map(math.isfinite, scores))
