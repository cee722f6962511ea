from __future__ import annotations

import pytest

from tuner_component import Objective
from tuner_component.errors import PreflightError
from tuner_component.step.objectives import check_available, known_direction, resolve


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("val_mse", "min"),
        ("val_head_mean_absolute_error", "min"),
        ("val_accuracy", "max"),
        ("val_sparse_categorical_accuracy", "max"),
        ("val_auc_1", "max"),
        ("val_f1_score", "max"),
        ("val_r2", "max"),
        ("val_f1_macro", "max"),
        ("val_neg_mean_squared_error", "max"),
        ("val_neg_log_loss", "max"),
        ("val_accuracy_std", None),
        ("profit", None),
        ("flossy", None),
    ],
)
def test_directions_of_well_known_names(name, direction):
    assert known_direction(name) == direction


def test_a_name_of_unknown_direction_asks_for_one():
    with pytest.raises(PreflightError, match=r"'val_profit'.*Objective\('val_profit'"):
        resolve("val_profit")


def test_the_wrong_direction_is_an_error():
    with pytest.raises(PreflightError, match=r"'val_accuracy'.*'min'.*higher"):
        resolve(Objective("val_accuracy", "min"))


def test_a_misspelt_objective_names_the_metrics_and_the_closest():
    with pytest.raises(
        PreflightError, match=r"val_acuracy.*val_accuracy.*Did you mean 'val_accuracy'"
    ):
        check_available(
            Objective("val_acuracy", "max"), ["loss", "val_loss", "val_accuracy"]
        )


@pytest.mark.parametrize(
    "given",
    [
        "val_loss + val_accuracy",
        Objective("val_loss + val_accuracy", "min"),
        "val_loss+0.1*size",
        "val_loss - val_accuracy",
    ],
    ids=str,
)
def test_a_sum_is_no_metric(given):
    with pytest.raises(PreflightError, match=r"is an expression.*give a list"):
        resolve(given)


def test_names_with_signs_that_are_no_expression():
    assert resolve(Objective("head/top-5", "max")).name == "head/top-5"
