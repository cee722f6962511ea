"""What is measured of an estimator."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import dummy, linear_model, model_selection, pipeline, preprocessing, svm

from tests.sklearn_evaluation.trials import CLASSES, NUMBERS, X, code_of, job_of, run


def test_the_score_is_that_of_scikit_learn_on_the_same_folds():
    outcome = run(code_of(cv=model_selection.KFold(4)))
    assert outcome.error is None
    estimator = pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=1.0)
    )
    scored = model_selection.cross_validate(
        estimator,
        X,
        CLASSES,
        cv=model_selection.KFold(4),
        scoring=["accuracy", "neg_log_loss"],
    )
    assert outcome.metrics["val_accuracy"] == pytest.approx(
        scored["test_accuracy"].mean()
    )
    assert outcome.metrics["val_accuracy_std"] == pytest.approx(
        scored["test_accuracy"].std()
    )
    assert outcome.metrics["val_loss"] == pytest.approx(
        -scored["test_neg_log_loss"].mean(), rel=1e-4
    )
    assert [fold["val_accuracy"] for fold in outcome.report["folds"]] == pytest.approx(
        list(scored["test_accuracy"])
    )
    assert outcome.report["hyperparameters"]["values"]["c"] == 1.0


def test_a_regressor_reports_r2_and_squared_error_over_five_folds():
    build = lambda hp: linear_model.Ridge(hp.Float("c", 0.1, 1.0))  # noqa: E731
    outcome = run(code_of(build, NUMBERS), job_of(objective="val_r2"))
    assert outcome.metrics["val_r2"] > 0.9
    assert 0 < outcome.metrics["val_loss"] < 0.1
    assert len(outcome.report["folds"]) == 5


@pytest.mark.parametrize(
    ("scoring", "names"),
    [
        ("roc_auc", {"val_roc_auc"}),
        (["f1", "neg_brier_score"], {"val_f1", "val_neg_brier_score"}),
        ({"mine": lambda e, x, y: 0.5}, {"val_mine"}),
    ],
)
def test_scorers_are_the_users(scoring, names):
    metrics = run(code_of(scoring=scoring)).metrics
    assert names | {"val_accuracy", "val_loss"} == {
        name for name in metrics if not name.endswith("_std")
    }


def test_a_loss_of_the_users_takes_the_place_of_the_usual_one():
    metrics = run(code_of(scoring={"loss": lambda e, x, y: 0.25})).metrics
    assert metrics["val_loss"] == 0.25


def test_a_negated_score_says_so_in_its_name():
    from sklearn import metrics

    cost = metrics.make_scorer(metrics.zero_one_loss, greater_is_better=False)
    reported = run(code_of(scoring={"cost": cost})).metrics
    assert reported["val_neg_cost"] == pytest.approx(reported["val_accuracy"] - 1)


@pytest.mark.parametrize("names", [(0, 1, 7), ("a", "b", "z")])
def test_a_class_that_was_not_trained_on_has_no_probability(names):
    y = np.array(names)[CLASSES]
    y[3] = names[2]
    outcome = run(code_of(y=y), job_of(objective="val_loss"))
    usual = run(code_of(), job_of(objective="val_loss")).metrics["val_loss"]
    assert outcome.error is None
    missed = -np.log(np.finfo(np.float64).eps) / len(y)
    assert outcome.metrics["val_loss"] - missed == pytest.approx(usual, abs=0.1)


def test_a_single_class_is_no_loss():
    build = lambda hp: dummy.DummyClassifier()  # noqa: E731
    outcome = run(code_of(build, np.zeros(120)), job_of(objective="val_loss"))
    assert outcome.error is None
    assert outcome.metrics["val_loss"] == 0.0


def test_a_classifier_without_probabilities_has_no_loss():
    metrics = run(code_of(lambda hp: svm.LinearSVC(C=hp.Float("c", 0.1, 1.0)))).metrics
    assert set(metrics) == {"val_accuracy", "val_accuracy_std"}
