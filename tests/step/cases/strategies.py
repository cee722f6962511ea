"""Strategies and options that there are not."""

from __future__ import annotations

from tests.step.cases.step import own, run
from tuner_component import Search


def unknown_strategy(inputs, root):
    run(inputs, own(Search(strategy="grit")), root)


def unknown_option(inputs, root):
    search = Search(strategy="grid", strategy_options={"grid_point": 3})
    run(inputs, own(search), root)


def _with(strategy, inputs, root, **options):
    run(inputs, own(Search(strategy=strategy, strategy_options=options)), root)


def reduction_factor_below_two(inputs, root):
    _with("hyperband", inputs, root, reduction_factor=1)


def full_training_below_the_first_rung(inputs, root):
    _with("successive_halving", inputs, root, min_resource=9, max_resource=3)


def population_of_one(inputs, root):
    _with("evolution", inputs, root, population_size=1)


CASES = {
    unknown_strategy: r"'grit'; expected one of .*Did you mean 'grid'",
    unknown_option: r"no option 'grid_point'.*Did you mean 'grid_points'",
    reduction_factor_below_two: r"reduction_factor=1; expected .*at least 2",
    full_training_below_the_first_rung: r"min_resource=9 and max_resource=3",
    population_of_one: r"population_size=1; expected .*at least 2",
}
