"""Small trials of scikit-learn estimators, in this process."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from sklearn import linear_model, pipeline, preprocessing

from tuner_component.data import Split
from tuner_component.evaluation import Job, evaluate
from tuner_component.model_code import ModelCode
from tuner_component.sklearn_evaluation.evaluation import SklearnEvaluation

_rng = np.random.default_rng(0)
X = _rng.normal(size=(120, 3)).astype("float32")
CLASSES = (X.sum(axis=1) + 0.3 * _rng.normal(size=120) > 0).astype("int64")
NUMBERS = (X @ [1.0, 2.0, 3.0] + 0.1 * _rng.normal(size=120)).astype("float32")


class Source:
    """A split that is streamed, with a schema in an order of its own."""

    def __init__(self, batches, names=()):
        from tensorflow_metadata.proto.v0 import schema_pb2

        self.batches = batches
        self.schema = schema_pb2.Schema()
        for name in names:
            self.schema.feature.add(name=name)

    def stream(self, batch_size, *, shuffle, seed):
        return self.batches


def split_of(y, x=X):
    features = {"wide": tf.constant(x[:, 1:]), "age": tf.constant(x[:, :1])}
    return Split(Source([(features, tf.constant(y[:, None]))], ("age", "wide")), None)


def logistic(hp):
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(),
        linear_model.LogisticRegression(C=hp.Float("c", 1e-3, 10.0, sampling="log")),
    )


def code_of(build=logistic, y=CLASSES, fit_args=lambda hp: {}, seed=0, **options):
    split = split_of(y)
    return ModelCode(
        build,
        fit_args,
        split,
        split,
        {},
        cross_validation=lambda: options,
        seed=seed,
    )


def job_of(
    folder="", objective="val_accuracy", seed=3, fidelity=None, note=(), **values
):
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


def run(code, job=None):
    seen = []
    evaluator = SklearnEvaluation(code)
    outcome = evaluate(evaluator, job or job_of(), seen.append)
    assert tuple(seen) == outcome.measurements
    return outcome
