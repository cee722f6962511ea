"""Which way a metric is better, from its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from tuner_component import model_metrics
from tuner_component.errors import PreflightError
from tuner_component.spelling import suggestion
from tuner_component.trial import Objective

_MIN = [
    "loss",
    "crossentropy",
    "error",
    "mse",
    "mae",
    "mape",
    "msle",
    "rmse",
    "logcosh",
    "log_cosh",
    "poisson",
    "hinge",
    "kld",
    "kullback_leibler_divergence",
    "kl_divergence",
    "false_negatives",
    "false_positives",
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "root_mean_squared_error",
    "brier",
    "latency",
    "model_bytes",
    "num_parameters",
    "train_seconds",
]
_MAX = [
    "accuracy",
    "acc",
    "auc",
    "prc",
    "precision",
    "recall",
    "f1",
    "f1_score",
    "fbeta_score",
    "iou",
    "mean_io_u",
    "true_negatives",
    "true_positives",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "precision_at_recall",
    "recall_at_precision",
    "r2_score",
    "r2",
    "average_precision",
    "explained_variance",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "jaccard",
    "matthews_corrcoef",
    "roc_auc_ovo",
    "roc_auc_ovr",
    "cosine_similarity",
]


def known_direction(name: str) -> str | None:
    """Returns "min" or "max" for a metric of a well-known name, else None.

    The name may carry `val_`, an output's name in front, or a number behind it:
    `val_head_binary_accuracy`, `auc_1`. Of scikit-learn's scores, higher is better.
    """
    stem = name.lower()
    if "_neg_" in f"_{stem}":  # scikit-learn's name for a loss times -1
        return "max"
    if not stem.endswith("r2"):
        stem = stem.rstrip("0123456789").rstrip("_")
    for word, direction in [(w, "min") for w in _MIN] + [(w, "max") for w in _MAX]:
        if stem == word or stem.endswith("_" + word):
            return direction
    return None


def resolve(objective: Objective | str) -> Objective:
    """Returns the objective with a direction.

    Raises:
        PreflightError: If it is an expression, or the direction is unknown, or
            plainly the wrong one.
    """
    _check_name(objective.name if isinstance(objective, Objective) else objective)
    if isinstance(objective, Objective):
        known = known_direction(objective.name)
        if known is not None and objective.direction != known:
            raise PreflightError(
                f"The objective {objective.name!r} has the direction "
                f"{objective.direction!r}, but {objective.name!r} is better when it "
                f"is {'lower' if known == 'min' else 'higher'}. Use "
                f"Objective({objective.name!r}, {known!r}), or give the metric "
                "another name if it really is reversed."
            )
        return objective
    direction = known_direction(objective)
    if direction is None:
        raise PreflightError(
            f"The objective {objective!r} has no well-known direction. Say which: "
            f'Objective({objective!r}, "min") or Objective({objective!r}, "max").'
        )
    return Objective(objective, "min" if direction == "min" else "max")


def _check_name(name: str) -> None:
    if re.search(r"[+*]|\s[-/]\s", name):
        raise PreflightError(
            f"The objective {name!r} is an expression; expected the name of one "
            'metric. For several give a list: Search(objective=["val_loss", ...]).'
        )


def resolve_all(
    given: Sequence[Objective | str] | Objective | str,
) -> tuple[Objective, ...]:
    """Returns one objective or several with their directions.

    Raises:
        PreflightError: If a direction is unknown, or plainly the wrong one.
    """
    several = [given] if isinstance(given, Objective | str) else given
    return tuple(map(resolve, several))


def check_first(objective: Objective, deviations: Collection[str] = ()) -> None:
    """Raises if the first objective of a `build_model` is not known epoch by epoch.

    Args:
        objective: The first one.
        deviations: Metrics that are standard deviations over several trainings.

    Raises:
        PreflightError: Says how to order them.
    """
    if objective.name in (*model_metrics.NAMES, *deviations):
        raise PreflightError(
            f"The objective {objective.name!r} comes first, or alone, but only the end "
            "of a training has it; expected a metric that every epoch reports, since "
            "the first objective decides which epoch counts. Put one in front: "
            f'Search(objective=["val_loss", {objective.name!r}]).'
        )


def check_available(objective: Objective, names: Iterable[str]) -> None:
    """Raises unless the training reports the objective.

    Raises:
        PreflightError: Names the metrics that there are, and the closest.
    """
    known = sorted(names)
    if objective.name not in known:
        raise PreflightError(
            f"The objective is {objective.name!r}, but a trial of this model reports "
            f"{known}.{suggestion(objective.name, known)} Change the objective, or add "
            "the metric to model.compile(metrics=...) or to what the trial returns."
        )
