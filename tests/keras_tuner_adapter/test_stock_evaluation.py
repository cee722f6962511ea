import dataclasses
import json
import math
from pathlib import Path

import keras
import keras_tuner
import pytest

from tests.keras_tuner_adapter import stock_tuners
from tests.keras_tuner_adapter.ask_and_tell import evaluated, outcome_of, search
from tuner_component.evaluation import Job, evaluate
from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy
from tuner_component.keras_tuner_adapter.owned_tuner import call_tuner_fn
from tuner_component.keras_tuner_adapter.stock_evaluation import make_evaluator
from tuner_component.trial import Objective, Reason, Trial, TrialState

MODULE = "tests.keras_tuner_adapter.stock_tuners:load"
VAL_LOSS = Objective("val_loss", "min")


def evaluator(name, **fn_args):
    return make_evaluator(MODULE, {"name": name, **fn_args})


def strategy(name, folder, **fn_args):
    owned = call_tuner_fn(
        stock_tuners.TUNERS[name], fn_args, str(folder), explore=True, seed=5
    )
    return OracleStrategy(owned.tuner.oracle)


def run(name, folder, *, slots=1, max_trials=1000, **fn_args):
    asked = strategy(name, folder / "driver", **fn_args)
    answer = evaluated(evaluator(name, **fn_args), folder / "trials", asked.objective)
    limit = min(max_trials, asked.max_trials or max_trials)
    return search(asked, answer, max_trials=limit, slots=slots)[0]


def one(name, folder, values, objective=VAL_LOSS, seed=1, report=None, note=(), **args):
    trial = Trial("trial-1", 1, values, seed, note=dict(note))
    return outcome_of(
        evaluator(name, **args), trial, folder, objective, report or (lambda _: None)
    )


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    stock_tuners.CALLS.clear()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "num_trials", "slots"),
    [
        ("random_search", 3, 2),
        ("grid_search", 6, 1),
        ("bayesian", 4, 1),
        ("sklearn_tuner", 3, 2),
        ("float_tuner", 3, 2),
        ("reporting_tuner", 3, 1),
        ("fit_model", 3, 1),
        ("both_objectives", 2, 2),
    ],
)
def test_every_kind_of_tuner_runs_unmodified(name, num_trials, slots, tmp_path):
    history = run(name, tmp_path, slots=slots)
    assert len(history) == num_trials
    assert [t.error for t in history] == [None] * num_trials
    assert len({json.dumps(dict(t.values)) for t in history}) >= num_trials - 1
    for trial in history:
        config = trial.report["hyperparameters"]
        assert config["values"].items() >= trial.values.items()
        assert {item["config"]["name"] for item in config["space"]} == set(
            config["values"]
        )
        json.dumps(config, allow_nan=False)


def test_a_grid_with_max_trials_stops_there(tmp_path):
    assert len(run("grid_search", tmp_path, max_trials=2)) == 2


def test_hyperband_continues_its_parents_and_ends_by_itself(tmp_path):
    history = run("hyperband", tmp_path, slots=2)
    assert [t.error for t in history] == [None] * len(history)
    promoted = [t for t in history if "parent" in t.note]
    assert len(promoted) >= 3
    by_id = {trial.trial_id: trial for trial in history}
    for trial in promoted:
        parent = by_id[trial.note["parent"]["trial_id"]]
        resources = [m.resource for m in trial.measurements]
        first, last = trial.values["tuner/initial_epoch"], trial.values["tuner/epochs"]
        assert resources == list(range(first + 1, last + 1))
        best = min(m.metrics["val_loss"] for m in parent.measurements)
        # Trained from scratch, the first epoch would be about the parent's first.
        assert trial.measurements[0].metrics["val_loss"] <= best * 1.05 + 0.01


def test_a_promoted_trial_finds_its_parent_from_any_worker(tmp_path):
    first = {"units": 2, "rate": 0.01, "tuner/epochs": 3, "tuner/initial_epoch": 0}
    parent = Trial("old", 0, first, 1, note={"oracle_trial_id": "0000"})
    ended = outcome_of(evaluator("hyperband"), parent, tmp_path, VAL_LOSS)
    values = {**first, "tuner/trial_id": "0000", "tuner/initial_epoch": 3}
    note = {"trial_id": "old", "values": first, "score": 1.0, "best_step": 2}
    child = Trial(
        "new",
        1,
        {**values, "tuner/epochs": 5},
        2,
        note={"oracle_trial_id": "0007", "parent": note},
    )
    outcome = outcome_of(evaluator("hyperband"), child, tmp_path, VAL_LOSS)
    assert outcome.error is None
    assert [m.resource for m in outcome.measurements] == [4, 5]
    assert outcome.measurements[0].metrics["val_loss"] < min(
        m.metrics["val_loss"] for m in ended.measurements[:2]
    )
    assert (tmp_path / "new" / "checkpoint.weights.h5").exists()


def test_a_hyperband_tuner_under_another_strategy_trains_in_full(tmp_path):
    outcome = one("hyperband", tmp_path, {"units": 1, "rate": 0.1})
    assert [m.resource for m in outcome.measurements] == [1, 2, 3, 4]


def test_the_same_job_gives_the_same_result_whatever_ran_before(tmp_path):
    worker = evaluator("random_search")
    trial = Trial("a", 0, {"units": 4, "rate": 0.1}, 11)
    other = Trial("b", 1, {"units": 2, "rate": 0.1}, 12)
    first = outcome_of(worker, trial, tmp_path, VAL_LOSS)
    outcome_of(worker, other, tmp_path, VAL_LOSS)
    second = outcome_of(worker, trial, tmp_path, VAL_LOSS)
    fresh = outcome_of(evaluator("random_search"), trial, tmp_path, VAL_LOSS)
    assert first.metrics == second.metrics == fresh.metrics
    reseeded = Trial("c", 2, trial.values, 13)
    assert outcome_of(worker, reseeded, tmp_path, VAL_LOSS).metrics != first.metrics


def test_all_hooks_run_in_order_and_executions_are_averaged(tmp_path):
    live = []
    outcome = one(
        "hooked_tuner", tmp_path, {"units": 1, "rate": 0.01}, report=live.append
    )
    assert outcome.error is None
    epochs = ["on_epoch_end 0", "on_epoch_end 1"]
    assert [
        "search",
        "on_search_begin",
        "on_trial_begin",
        *epochs * 2,
        "on_trial_end COMPLETED",
        outcome.metrics["val_loss"],
    ] == stock_tuners.CALLS
    assert [m.resource for m in live] == [1, 2]
    assert [m.resource for m in outcome.measurements] == [1, 2]
    assert outcome.measurements[0].metrics != live[0].metrics  # Of two executions.
    assert set(live[0].metrics) == {"loss", "mae", "val_loss", "val_mae"}


def test_the_curve_comes_from_the_history_where_callbacks_are_dropped(tmp_path):
    values = {"units": 1, "rate": 0.1, "batch_size": 10, "epochs": 3}
    outcome = one("fit_model", tmp_path, values)
    assert stock_tuners.CALLS == [(10, 3)]
    assert [m.resource for m in outcome.measurements] == [1, 2, 3]
    assert outcome.metrics["val_loss"] == min(
        m.metrics["val_loss"] for m in outcome.measurements
    )


def test_metrics_are_those_of_the_best_step(tmp_path):
    live = []
    outcome = one("reporting_tuner", tmp_path, {"x": 0.25}, report=live.append)
    assert outcome.metrics == {"val_loss": 1.25, "step": 1.0}
    assert outcome.report["best_step"] == 1
    assert [m.metrics["val_loss"] for m in live] == [3.25, 1.25, 2.25]


def test_files_go_into_the_trials_folder_only(tmp_path):
    stale = tmp_path / "elsewhere" / "untitled_project"
    stale.mkdir(parents=True)
    (stale / "tuner0.json").write_text("not for us")
    one("random_search", tmp_path / "trials", {"units": 1, "rate": 0.1})
    assert (stale / "tuner0.json").read_text() == "not for us"
    files = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    mine = Path("trials") / "trial-1"
    assert files == {
        Path("elsewhere/untitled_project/tuner0.json"),
        mine / "checkpoint.weights.h5",
        mine / "build_config.json",
    }


def left_by(name, folder, loss_to_keep, **fn_args):
    """Returns the files of weights that a trial leaves."""
    values, note = {"units": 2, "rate": 0.1}, {"oracle_trial_id": "0000"}
    of_a_driver = Job("a", values, 1, 0, str(folder), "val_loss", "min", note=note)
    job = dataclasses.replace(of_a_driver, loss_to_keep=loss_to_keep)
    outcome = evaluate(evaluator(name, **fn_args), job, lambda _: None)
    assert outcome.error is None
    return list(folder.rglob("*.h5"))


@pytest.mark.parametrize(
    ("name", "loss", "number"),
    [
        ("random_search", None, 1),
        ("random_search", math.inf, 1),
        ("random_search", 0.0, 0),
        ("fit_model", 0.0, 0),
        # Its hooks may read the file.
        ("hooked_tuner", 0.0, 1),
    ],
)
def test_weights_that_nobody_needs_are_not_written(name, loss, number, tmp_path):
    assert len(left_by(name, tmp_path, loss)) == number


@pytest.mark.parametrize(
    ("name", "arguments", "reason", "message"),
    [
        ("oversized", {}, Reason.INFEASIBLE, "Oversized model"),
        ("failing", {"error": "failed"}, Reason.USER_ERROR, "too slow"),
        ("failing", {"error": "value"}, Reason.USER_ERROR, "no such layer"),
        ("failing", {"error": "nothing"}, Reason.USER_ERROR, "forget to return"),
        ("failing", {"error": "wrong"}, Reason.USER_ERROR, "val_loss"),
        ("silent", {}, Reason.USER_ERROR, "must call super"),
    ],
)
def test_failures_keep_their_kind(name, arguments, reason, message, tmp_path):
    outcome = one(name, tmp_path, {"units": 4, "rate": 0.1}, **arguments)
    assert outcome.error is not None
    assert outcome.error.reason is reason
    assert message in outcome.error.message


def test_a_user_error_keeps_the_users_traceback(tmp_path):
    outcome = one("failing", tmp_path, {"units": 4, "rate": 0.1}, error="value")
    assert "stock_tuners.py" in outcome.error.traceback


def test_failures_go_back_to_the_oracle(tmp_path):
    history = run("failing", tmp_path, max_trials=4, error="value")
    assert [t.state for t in history] == [TrialState.FAILED] * 4


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("random_search", ["loss", "mae", "val_loss", "val_mae"]),
        ("hyperband", ["loss", "mae", "val_loss", "val_mae"]),
        ("both_objectives", ["loss", "mae", "multi_objective", "val_loss", "val_mae"]),
        ("sklearn_tuner", ["mean_absolute_error", "score"]),
        ("float_tuner", None),
        ("fit_model", None),
        ("nested_callbacks", ["loss", "mae", "val_loss", "val_mae"]),
        ("own_callback", None),
    ],
)
def test_exploring_names_the_metrics_and_the_space(name, names, tmp_path):
    objective = Objective("explored", "max")
    outcome = one(name, tmp_path, {}, objective, note={"explore": True})
    assert outcome.error is None
    assert outcome.report["metrics"] == names
    assert list(tmp_path.rglob("*.h5")) == []


def test_exploring_finds_the_space(tmp_path):
    objective = Objective("explored", "max")
    outcome = one("hyperband", tmp_path, {}, objective, note={"explore": True})
    space = outcome.report["space"]["space"]
    assert [item["config"]["name"] for item in space] == ["units", "rate"]


def test_a_trained_trial_is_exported(tmp_path):
    trial = Trial("a", 0, {"units": 4, "rate": 0.1}, 1)
    outcome_of(evaluator("random_search"), trial, tmp_path, VAL_LOSS)
    target = tmp_path / "model"
    outcome = outcome_of(
        evaluator("random_search"), trial, tmp_path, VAL_LOSS, export=str(target)
    )
    assert outcome.error is None
    x, y = stock_tuners.data()
    served = keras.layers.TFSMLayer(str(target), call_endpoint="serve")(x)
    trained = outcome_of(evaluator("random_search"), trial, tmp_path, VAL_LOSS)
    assert float(((served - y) ** 2).numpy().mean()) == pytest.approx(
        trained.metrics["val_loss"], rel=1e-4
    )


def test_a_tuner_that_keeps_no_models_is_named(tmp_path):
    trial = Trial("a", 0, {"x": 0.1}, 1)
    outcome = outcome_of(
        evaluator("float_tuner"), trial, tmp_path, VAL_LOSS, export="model"
    )
    assert "FloatTuner cannot load a trained model" in outcome.error.message


def test_a_training_loop_that_saves_nothing_is_told_how_to(tmp_path):
    trial = Trial("a", 0, {"units": 4, "rate": 0.1}, 1)
    outcome = outcome_of(
        evaluator("failing"), trial, tmp_path, VAL_LOSS, export="model"
    )
    assert "FailingTuner has left no model of the trial" in outcome.error.message
    assert "a load_model() of the tuner's own" in outcome.error.message


def test_what_a_failed_trial_asked_for_is_searched(tmp_path):
    trials = run("first_fails", tmp_path)
    states = [trial.state for trial in trials]
    assert states == [TrialState.FAILED, TrialState.COMPLETED, TrialState.COMPLETED]
    assert trials[0].used_values == {"x": -1.0}
    assert len({trial.used_values["x"] for trial in trials}) == 3


def test_a_failed_trial_reports_nothing_that_the_oracle_does_not_allow(tmp_path):
    known = keras_tuner.HyperParameters()
    known.Boolean("other")
    limits = {"hyperparameters": known, "allow_new_entries": False}
    (trial,) = run("first_fails", tmp_path, max_trials=1, **limits)
    assert trial.error.message == "ValueError: the defaults do not work"
    assert not trial.report
