"""Our strategies inside KerasTuner's own tuners."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys

import numpy as np
import pytest

keras_tuner = pytest.importorskip("keras_tuner")

from tests.keras_tuner_adapter.ask_and_tell import completed, search  # noqa: E402
from tests.keras_tuner_adapter.pure_tuner import (  # noqa: E402
    Pure,
    pure_tuner,
    score,
    searched,
)
from tuner_component import Objective, StrategyOracle  # noqa: E402
from tuner_component.errors import (  # noqa: E402
    PreflightError,
    StudyMismatchError,
)
from tuner_component.keras_tuner_adapter.growing import Growing  # noqa: E402
from tuner_component.keras_tuner_adapter.space import from_keras_tuner  # noqa: E402
from tuner_component.strategies import registry  # noqa: E402


def _through_our_study(strategy, seed, max_trials):
    hp = keras_tuner.HyperParameters()
    hp.values = {"kind": "b"}
    score(hp)
    config = hp.get_config()

    def answer(trial):
        given = keras_tuner.HyperParameters()
        given.values = dict(trial.values)
        return completed(
            trial, score(given), report={"hyperparameters": given.get_config()}
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
    tuner = pure_tuner(tmp_path, strategy, 14, Pure, seed=seed)
    assert searched(tuner) == _through_our_study(strategy, seed, 14)


def test_seeds_differ_and_zero_is_one(tmp_path):
    runs = [
        searched(pure_tuner(tmp_path / str(number), cls=Pure, seed=seed))
        for number, seed in enumerate([0, 0, 1])
    ]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("strategy", ["random", "evolution", "bayesian"])
def test_a_reloaded_project_goes_on_as_if_it_had_not_stopped(tmp_path, strategy):
    whole = searched(pure_tuner(tmp_path / "whole", strategy, 12, Pure))
    searched(pure_tuner(tmp_path / "parts", strategy, 5, Pure))
    assert searched(pure_tuner(tmp_path / "parts", strategy, 12, Pure)) == whole


def test_a_project_of_another_strategy_is_refused(tmp_path):
    searched(pure_tuner(tmp_path, "random", 2, Pure))
    with pytest.raises(StudyMismatchError, match=r"'random'.*'evolution'.*overwrite"):
        pure_tuner(tmp_path, "evolution", 4, Pure)


def test_the_best_come_out_as_from_any_oracle(tmp_path):
    tuner = pure_tuner(tmp_path, "random", 8, Pure)
    tuner.search(verbose=0)
    best = tuner.get_best_hyperparameters()[0]
    assert score(best) == min(trial.score for trial in tuner.oracle.get_best_trials(8))


def test_a_finite_space_ends_by_itself(tmp_path):
    class Finite(Pure):
        score = staticmethod(lambda hp: hp.Int("a", 1, 3) + hp.Boolean("b"))

    hp = keras_tuner.HyperParameters()
    Finite.score(hp)
    tuner = pure_tuner(
        tmp_path, "random", None, Finite, model=False, hyperparameters=hp
    )
    values = searched(tuner)
    assert len(values) == len({tuple(v.items()) for v in values}) == 6


def test_an_endless_search_is_refused_before_it_begins(tmp_path):
    with pytest.raises(PreflightError, match=r"never ends by itself.*max_trials"):
        pure_tuner(tmp_path, "random", None)


def test_the_space_may_be_found_by_the_first_trial(tmp_path):
    values = searched(pure_tuner(tmp_path, "bayesian", 9, Pure, model=False))
    assert len(values) == 9
    assert all({"x", "kind"} <= set(v) for v in values)
    assert len({v["x"] for v in values}) == 9
    assert {v["kind"] for v in values} == {"a", "b"}
    assert all(("n" in v) == (v["kind"] == "b") for v in values)


def test_entries_that_are_not_tuned_keep_their_default(tmp_path):
    hp = keras_tuner.HyperParameters()
    hp.Float("x", -1.0, 1.0)
    tuner = pure_tuner(
        tmp_path, "random", 5, Pure, hyperparameters=hp, tune_new_entries=False
    )
    assert {v["kind"] for v in searched(tuner)} == {"a"}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "raises"])
def test_a_failed_trial_is_no_end(tmp_path, bad):
    class Failing(Pure):
        def run_trial(self, trial, **_):
            if trial.trial_id == "1":
                if bad == "raises":
                    raise ValueError("no")
                return {"score": bad}
            return super().run_trial(trial)

    tuner = pure_tuner(tmp_path, "bayesian", 8, Failing, max_retries_per_trial=1)
    assert len(searched(tuner)) == 8
    history = tuner.oracle._proposals.history(tuner.oracle.trials)
    states = [trial.state.value for trial in history]
    assert states == ["COMPLETED", "FAILED", *["COMPLETED"] * 6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "bayesan"}, "Did you mean 'bayesian'"),
        ({"strategy": "grid", "grid_point": 3}, "Did you mean 'grid_points'"),
        ({"seed": -1}, r"seed=-1\): expected an integer, at least 0"),
        ({"seed": None}, r"seed=None"),
        ({"max_trials": 0}, r"max_trials=0\): expected an integer, at least 1"),
        ({"max_trials": np.int64(5)}, r"max_trials=.*5.* of type numpy.int64\): exp"),
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


def test_a_history_holds_what_a_strategy_reads(tmp_path):
    tuner = pure_tuner(tmp_path, "random", 3, Pure, objective=Objective("score", "max"))
    tuner.search(verbose=0)
    for trial in tuner.oracle._proposals.history(tuner.oracle.trials):
        assert trial.loss == -trial.score
        assert dataclasses.asdict(trial)["number"] == int(trial.trial_id)


class _Infinite(Pure):
    def run_trial(self, trial, **_):
        x = trial.hyperparameters.Float("x", 0.0, 1.0)
        return {"score": -math.inf if 0.1 < x < 0.35 else x}


def test_an_infinite_objective_never_wins(tmp_path):
    tuner = pure_tuner(tmp_path, cls=_Infinite, max_trials=8, model=False, seed=1)
    tuner.oracle.max_consecutive_failed_trials = 8
    tuner.search(verbose=0)
    scores = [trial.score for trial in tuner.oracle.get_best_trials(6)]
    statuses = {trial.status for trial in tuner.oracle.trials.values()}
    assert statuses == {"COMPLETED", "FAILED"}
    assert all(map(math.isfinite, scores))
