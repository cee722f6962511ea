"""What is measured of an estimator, and under which names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tuner_component.errors import TrialFailedError
from tuner_component.spelling import suggestion

Scorer = Callable[[Any, Any, Any], float]
"""Fitted estimator, features, labels -> score."""

LOSS = "loss"


def make(estimator: Any, scoring: Any) -> dict[str, Scorer]:
    """Returns the user's scorers and the default one, by name.

    Scorers whose score is a negated loss have a name with `neg_`, as scikit-learn's
    own have.

    Args:
        estimator: Not yet fitted.
        scoring: A scorer's name, some of them, or names to scorers; None for none.

    Raises:
        TrialFailedError: If there is no such scorer.
    """
    scorers = {}
    for name, scorer in {_default(estimator): None, **_named(scoring)}.items():
        checked = _checked(estimator, name if scorer is None else scorer)
        negated = getattr(checked, "_sign", 1) < 0 and not name.startswith("neg_")
        scorers[f"neg_{name}" if negated else name] = checked
    return scorers


def measure(
    estimator: Any, scorers: Mapping[str, Scorer], x: Any, y: Any, prefix: str
) -> dict[str, float]:
    """Returns the scores of a fitted estimator, and its loss where it has one.

    The loss is the user's where a scorer has that name, else the mean logarithmic one
    of a classifier with `predict_proba`, and the mean squared error of a regressor.

    Args:
        estimator: Fitted.
        scorers: By name.
        x: Features, of shape `(num_examples, num_columns)`.
        y: Labels, of shape `(num_examples,)` or `(num_examples, num_outputs)`.
        prefix: In front of every name.
    """
    scores = {f"{prefix}{n}": float(s(estimator, x, y)) for n, s in scorers.items()}
    loss = None if LOSS in scorers else _loss(estimator, x, y)
    return scores if loss is None else {**scores, f"{prefix}{LOSS}": loss}


def _default(estimator: Any) -> str:
    from sklearn import base

    if base.is_classifier(estimator):
        return "accuracy"
    return "r2" if base.is_regressor(estimator) else "score"


def _named(scoring: Any) -> dict[str, Any]:
    if isinstance(scoring, Mapping):
        return dict(scoring)
    names = [scoring] if isinstance(scoring, str) else scoring or []
    if isinstance(names, Sequence) and all(isinstance(name, str) for name in names):
        return dict.fromkeys(names)
    raise TrialFailedError(
        f"cross_validation() returned scoring={scoring!r}; expected names of "
        'scikit-learn\'s scorers, ["accuracy", "roc_auc"] say, or a dict of names to '
        "scorers."
    )


def _checked(estimator: Any, scorer: Any) -> Scorer:
    from sklearn import metrics

    if scorer == "score":
        return lambda fitted, x, y: fitted.score(x, y)
    known = metrics.get_scorer_names()
    if isinstance(scorer, str) and scorer not in known:
        raise TrialFailedError(
            f"cross_validation() names the scorer {scorer!r}, which scikit-learn does "
            f"not have.{suggestion(scorer, known)} sklearn.metrics.get_scorer_names() "
            "lists them."
        )
    checked: Scorer = metrics.check_scoring(estimator, scoring=scorer)
    return checked


def _loss(estimator: Any, x: Any, y: Any) -> float | None:
    from sklearn import base, metrics

    if base.is_regressor(estimator):
        return float(metrics.mean_squared_error(y, estimator.predict(x)))
    if not base.is_classifier(estimator) or y.ndim > 1:
        return None
    if not hasattr(estimator, "predict_proba"):
        return None
    # A rare class may be among these examples, but not among those trained on: the
    # estimator gives it no probability.
    labels = np.union1d(estimator.classes_, y)
    if len(labels) < 2:
        return 0.0
    probabilities = np.zeros((len(y), len(labels)))
    known = np.searchsorted(labels, estimator.classes_)
    probabilities[:, known] = estimator.predict_proba(x)
    return float(metrics.log_loss(y, probabilities, labels=labels))
