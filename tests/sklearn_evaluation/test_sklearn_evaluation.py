from __future__ import annotations

import dataclasses
import itertools
import json
import math

import numpy as np
import pytest

pytest.importorskip("sklearn")
tf = pytest.importorskip("tensorflow")

from sklearn import (  # noqa: E402
    linear_model,
    model_selection,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.ensemble import RandomForestClassifier  # noqa: E402

from tuner_component.data import Split  # noqa: E402
from tuner_component.errors import TrialFailedError  # noqa: E402
from tuner_component.evaluation import Job, evaluate  # noqa: E402
from tuner_component.model_code import ModelCode  # noqa: E402
from tuner_component.sklearn_evaluation import folds, matrix  # noqa: E402
from tuner_component.sklearn_evaluation.evaluation import (  # noqa: E402
    SklearnEvaluation,
    is_estimator,
)
from tuner_component.trial import Fidelity  # noqa: E402

_rng = np.random.default_rng(0)
_X = _rng.normal(size=(120, 3)).astype("float32")
_CLASSES = (_X.sum(axis=1) + 0.3 * _rng.normal(size=120) > 0).astype("int64")
_NUMBERS = (_X @ [1.0, 2.0, 3.0] + 0.1 * _rng.normal(size=120)).astype("float32")


class _Source:
    """A split that is streamed, with a schema in an order of its own."""

    def __init__(self, batches, names=()):
        from tensorflow_metadata.proto.v0 import schema_pb2

        self.batches = batches
        self.schema = schema_pb2.Schema()
        for name in names:
            self.schema.feature.add(name=name)

    def stream(self, batch_size, *, shuffle, seed):
        return self.batches


def _split(y, x=_X):
    features = {"wide": tf.constant(x[:, 1:]), "age": tf.constant(x[:, :1])}
    return Split(_Source([(features, tf.constant(y[:, None]))], ("age", "wide")), None)


def _logistic(hp):
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        linear_model.LogisticRegression(C=hp.Float("c", 1e-3, 10.0, sampling="log")),
    )


def _code(build=_logistic, y=_CLASSES, fit_args=lambda hp: {}, seed=0, **options):
    split = _split(y)
    return ModelCode(
        build, fit_args, split, split, {}, cross_validation=options, seed=seed
    )


def _job(folder="", objective="val_accuracy", seed=3, fidelity=None, note=(), **values):
    return Job(
        "0000",
        {"c": 1.0, **values},
        seed,
        0,
        str(folder),
        objective,
        "max",
        fidelity,
        dict(note),
    )


def _run(code, job=None):
    seen = []
    evaluator = SklearnEvaluation(code)
    outcome = evaluate(evaluator, job or _job(), seen.append)
    assert tuple(seen) == outcome.measurements
    return outcome


def test_the_score_is_that_of_scikit_learn_on_the_same_folds():
    outcome = _run(_code(cv=model_selection.KFold(4)))
    assert outcome.error is None
    estimator = pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=1.0)
    )
    scored = model_selection.cross_validate(
        estimator,
        _X,
        _CLASSES,
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
    outcome = _run(_code(build, _NUMBERS), _job(objective="val_r2"))
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
    metrics = _run(_code(scoring=scoring)).metrics
    assert names | {"val_accuracy", "val_loss"} == {
        name for name in metrics if not name.endswith("_std")
    }


def test_a_negated_score_says_so_in_its_name():
    from sklearn import metrics

    cost = metrics.make_scorer(metrics.zero_one_loss, greater_is_better=False)
    reported = _run(_code(scoring={"cost": cost})).metrics
    assert reported["val_neg_cost"] == pytest.approx(reported["val_accuracy"] - 1)


def test_a_classifier_without_probabilities_has_no_loss():
    metrics = _run(_code(lambda hp: svm.LinearSVC(C=hp.Float("c", 0.1, 1.0)))).metrics
    assert set(metrics) == {"val_accuracy", "val_accuracy_std"}


def _forest(hp):
    hp.Float("c", 0.1, 1.0)
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        RandomForestClassifier(5, max_features=1),
    )


def test_the_seed_of_a_trial_seeds_what_is_left_to_chance():
    one, again, other = (
        dict(_run(_code(_forest), _job(seed=seed)).metrics) for seed in (0, 0, 1)
    )
    assert one == again
    assert one != other


def test_a_random_state_of_the_users_stays():
    def build(hp):
        return _forest(hp).set_params(randomforestclassifier__random_state=7)

    one, other = (dict(_run(_code(build), _job(seed=seed)).metrics) for seed in (0, 1))
    assert one == other


@pytest.mark.parametrize("classify", [True, False])
def test_folds_follow_from_the_studys_seed(classify):
    def made(seed):
        return [
            fold.validation.tolist()
            for fold in folds.make(_X, _CLASSES, 3, seed, classify=classify)
        ]

    assert made(0) == made(0) != made(1)
    assert sorted(itertools.chain.from_iterable(made(0))) == list(range(120))


def test_subsets_are_nested_stratified_and_hold_every_class():
    y = np.array([0] * 90 + [1] * 24 + [2] * 6)
    for fold in folds.make(_X, y, 3, 5, classify=True):
        sizes = [0.01, 0.1, 0.25, 0.5, 1.0]
        subsets = [fold.subset(fraction) for fraction in sizes]
        assert [len(subset) for subset in subsets] == [3, 8, 20, 40, 80]
        for smaller, larger in itertools.pairwise(subsets):
            assert set(smaller) < set(larger)
        for subset in subsets[2:]:
            counts = np.bincount(y[subset], minlength=3)
            assert counts == pytest.approx(len(subset) * np.array([0.75, 0.2, 0.05]), abs=1.01)  # fmt: skip
        assert all(set(y[subset]) == {0, 1, 2} for subset in subsets)
        assert not set(subsets[-1]) & set(fold.validation)


def test_a_fraction_trains_on_so_many_examples():
    sizes = []

    class Counting(linear_model.LogisticRegression):
        def fit(self, x, y):
            sizes.append(len(x))
            return super().fit(x, y)

    code = _code(lambda hp: Counting(C=hp.Float("c", 0.1, 1.0)), cv=4)
    fidelity = Fidelity("examples_fraction", 0.1, 1.0)
    outcome = _run(code, _job(fidelity=fidelity))
    assert sizes == [9, 9, 9, 9]
    assert [m.resource for m in outcome.measurements] == [0.1]


def test_epochs_are_refused():
    outcome = _run(_code(), _job(fidelity=Fidelity("epochs", 3, 9)))
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
    with pytest.raises(TrialFailedError, match=message):
        SklearnEvaluation(_code(**options))


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

    error = _run(_code(**options)).error
    assert re.search(message, error.message)


def test_exploring_finds_space_metrics_and_fidelities():
    report = SklearnEvaluation(_code())(_job(note={"explore": True}), None).report
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
    SklearnEvaluation(_code())(_job(note={"export": str(target)}), None)
    estimator = joblib.load(target / "model.joblib")
    described = json.loads((target / "model.json").read_text())
    assert described["columns"] == ["age", "wide_0", "wide_1"]
    expected = _logistic_at_one().fit(_X, _CLASSES)
    assert estimator.predict_proba(_X) == pytest.approx(expected.predict_proba(_X))
    accuracy = expected.score(_X, _CLASSES)
    assert described["metrics"]["eval_accuracy"] == pytest.approx(accuracy)


def _logistic_at_one():
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=1.0)
    )


def test_features_come_in_the_order_of_the_schema():
    data = matrix.read(_split(_CLASSES))
    assert data.columns == ("age", "wide_0", "wide_1")
    assert (data.x == _X).all()
    assert data.y.shape == (120,)


def test_a_missing_value_is_nan():
    sparse = tf.SparseTensor([[0, 0], [2, 0]], [5, 7], [3, 1])
    data = matrix.read(Split(_Source([({"a": sparse}, tf.zeros([3, 1]))], ["a"]), None))
    assert data.x[[0, 2], 0].tolist() == [5.0, 7.0]
    assert math.isnan(data.x[1, 0])


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (tf.constant([["x"]]), "'a' is a string.*Transform"),
        (tf.SparseTensor([[0, 1]], [1.0], [1, 2]), "'a' holds lists of different"),
        (tf.ragged.constant([[1.0, 2.0]]), "'a' holds lists of different"),
    ],
)
def test_features_that_are_no_numbers_are_explained(feature, message):
    split = Split(_Source([({"a": feature}, tf.zeros([1, 1]))], ["a"]), None)
    with pytest.raises(TrialFailedError, match=message):
        matrix.read(split)


def test_data_that_are_too_large_are_explained():
    with pytest.raises(TrialFailedError, match="larger than 1,000 bytes"):
        matrix.read(_split(_CLASSES), max_bytes=1_000)


def test_labels_may_be_strings():
    names = np.array([b"no", b"yes"], dtype=object)[_CLASSES]
    code = dataclasses.replace(_code(), train=_split(names))
    assert _run(code).metrics["val_accuracy"] > 0.8


def test_what_is_an_estimator():
    import keras

    assert is_estimator(linear_model.Ridge())
    assert not is_estimator(linear_model.Ridge)
    assert not is_estimator(keras.Sequential())
