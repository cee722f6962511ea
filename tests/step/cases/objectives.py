"""Objectives that no trial could have."""

from __future__ import annotations

from tests.step.cases.step import own, run, stock
from tests.step.fixtures import properties
from tuner_component import Objective, Search


def misspelt_objective(inputs, root):
    run(
        inputs,
        own(Search(max_trials=2, objective=Objective("val_acuracy", "max"))),
        root,
    )


def misspelt_objective_of_a_tuner(inputs, root):
    custom = {"algorithm": "RandomSearch", "objective": "val_acuracy"}
    run(inputs, properties("stock_tuners.py", custom=custom), root)


def wrong_direction(inputs, root):
    run(inputs, own(Search(max_trials=2, objective=Objective("val_loss", "max"))), root)


def direction_that_is_none(inputs, root):
    Objective("val_loss", "down")


def objectives_in_conflict(inputs, root):
    run(inputs, stock(Search(objective="val_loss")), root)


CASES = {
    misspelt_objective: r"'val_acuracy'.*'val_accuracy'.*Did you mean 'val_accuracy'",
    misspelt_objective_of_a_tuner: r"'val_acuracy'.*Did you mean 'val_accuracy'",
    wrong_direction: r"'val_loss' has the direction 'max'.*lower",
    direction_that_is_none: r"direction='down'; expected \"min\" or \"max\"",
    objectives_in_conflict: r"'val_loss' \(min\), the tuner .*'val_accuracy' \(max\)",
}
