"""Trials of an estimator: seeds, fidelities, options, exploring, exporting."""

from __future__ import annotations

import json

import pytest
from sklearn import linear_model, model_selection, pipeline, preprocessing
from sklearn.ensemble import RandomForestClassifier

from tests.sklearn_evaluation.trials import CLASSES, X, code_of, job_of, run
from tuner_component.errors import PreflightError
from tuner_component.evaluation import evaluate
from tuner_component.sklearn_evaluation.evaluation import (
    SklearnEvaluation,
    is_estimator,
)
from tuner_component.trial import Fidelity


def _forest(hp):
    hp.Float("c", 0.1, 1.0)
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        RandomForestClassifier(5, max_features=1),
    )


def test_the_seed_of_a_trial_seeds_what_is_left_to_chance():
    one, again, other = (
        dict(run(code_of(_forest), job_of(seed=seed)).metrics) for seed in (0, 0, 1)
    )
    assert one == again
    assert one != other


def test_a_random_state_of_the_users_stays():
    def build(hp):
        return _forest(hp).set_params(randomforestclassifier__random_state=7)

    one, other = (
        dict(run(code_of(build), job_of(seed=seed)).metrics) for seed in (0, 1)
    )
    assert one == other


@pytest.mark.parametrize(
    "make",
    [
        lambda: model_selection.KFold(3, shuffle=True),
        lambda: model_selection.ShuffleSplit(3),
        lambda: model_selection.RepeatedStratifiedKFold(n_splits=3, n_repeats=2),
    ],
)
def test_a_splitter_without_a_seed_has_the_same_folds_in_every_worker(make):
    """Each worker cuts the folds once, at its own first trial."""
    workers = [SklearnEvaluation(code_of(cv=make())) for _ in range(2)]
    firsts = [evaluate(w, job_of(seed=n), print) for n, w in enumerate(workers)]
    assert firsts[0].metrics == firsts[1].metrics


def test_a_fraction_trains_on_so_many_examples():
    sizes = []

    class Counting(linear_model.LogisticRegression):
        def fit(self, x, y):
            sizes.append(len(x))
            return super().fit(x, y)

    code = code_of(lambda hp: Counting(C=hp.Float("c", 0.1, 1.0)), cv=4)
    fidelity = Fidelity("examples_fraction", 0.1, 1.0)
    outcome = run(code, job_of(fidelity=fidelity))
    assert sizes == [9, 9, 9, 9]
    assert [m.resource for m in outcome.measurements] == [0.1]


def test_epochs_are_refused():
    outcome = run(code_of(), job_of(fidelity=Fidelity("epochs", 3, 9)))
    assert '"resource": "examples_fraction"' in outcome.error.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": 1}, r"cv=1; expected a number of folds, at least 2"),
        ({"cv": "five"}, r"cv='five'"),
        ({"folds": 3}, r"expected a dict with some of \['cv', 'scoring'\]"),
    ],
)
def test_options_that_are_not_understood(options, message):
    with pytest.raises(PreflightError, match=message):
        SklearnEvaluation(code_of(**options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scoring": ["acuracy"]}, "'acuracy'.*Did you mean 'accuracy'"),
        ({"scoring": 3}, "scoring=3"),
        ({"cv": 200}, "cannot be cut into folds with cv=200"),
    ],
)
def test_options_that_do_not_fit(options, message):
    import re

    error = run(code_of(**options)).error
    assert re.search(message, error.message)


def test_exploring_finds_space_metrics_and_fidelities():
    report = SklearnEvaluation(code_of())(job_of(note={"explore": True}), None).report
    assert [entry["config"]["name"] for entry in report["space"]["space"]] == ["c"]
    assert report["metrics"] == [
        "val_accuracy",
        "val_accuracy_std",
        "val_loss",
        "val_loss_std",
    ]
    assert report["fidelities"] == {"examples_fraction": 1.0}


def test_the_export_is_trained_on_all_examples(tmp_path):
    import joblib

    target = tmp_path / "saved"
    SklearnEvaluation(code_of())(job_of(note={"export": str(target)}), None)
    estimator = joblib.load(target / "model.joblib")
    described = json.loads((target / "model.json").read_text())
    assert described["columns"] == ["age", "wide_0", "wide_1"]
    expected = _logistic_at_one().fit(X, CLASSES)
    assert estimator.predict_proba(X) == pytest.approx(expected.predict_proba(X))
    accuracy = expected.score(X, CLASSES)
    assert described["metrics"]["eval_accuracy"] == pytest.approx(accuracy)


def _logistic_at_one():
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=1.0)
    )


def test_what_is_an_estimator():
    import keras

    assert is_estimator(linear_model.Ridge())
    assert not is_estimator(linear_model.Ridge)
    assert not is_estimator(keras.Sequential())


def test_a_repeat_is_scored_on_the_test_split_too():
    import dataclasses

    from tests.sklearn_evaluation.trials import split_of

    code = dataclasses.replace(code_of(cv=3), test=split_of(1 - CLASSES))
    report = run(code, job_of(note={"repeat_of": "0001"})).report["test"]
    assert report["test_accuracy"] < 0.3  # Its labels are the other way round.
    assert report["test_loss_std"] > 0
    assert "test" not in run(code).report
