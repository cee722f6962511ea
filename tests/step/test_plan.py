"""Constraints and points of the user, from `Search` to what is tried."""

from __future__ import annotations

import types

import keras_tuner
import pytest

from tests.contracts.strategy_contract import search
from tests.step.plans import config, plan
from tuner_component.errors import PreflightError, SearchSpaceError
from tuner_component.search import Search
from tuner_component.step.plan import check_options, plan_build_model, plan_stock
from tuner_component.strategies.registry import STRATEGIES
from tuner_component.trial import Objective


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_starts_with_the_points_and_keeps_to_the_constraints(name):
    constraints = ["units_2 < units_1"]
    points = [{"units_1": 4}, {"units_1": 4, "units_2": 3}]
    made = plan(strategy=name, constraints=constraints, initial_points=points)
    trials, _ = search(made.strategy, length=4)
    assert [dict(trial.values) for trial in trials[:3]] == [
        {"units_1": 2, "units_2": 1},
        {"units_1": 4, "units_2": 1},
        {"units_1": 4, "units_2": 3},
    ]
    assert trials[3].values["units_2"] < trials[3].values["units_1"]


def test_what_is_expected_counts_what_is_allowed():
    assert plan(constraints=["units_2 < units_1"]).num_expected == 6


def test_constraints_are_part_of_the_study_and_points_are_not():
    free = plan(initial_points=[{"units_1": 3}])
    assert free.space == plan().space
    bound = plan(constraints=["units_2 < units_1"])
    assert {**free.space, "constraint units_2 < units_1": "holds"} == bound.space


INHERITING = {"strategy": "evolution", "strategy_options": {"inherit_weights": True}}


def test_weights_are_inherited_where_there_are_any():
    made = plan(**INHERITING)
    assert made.strategy.propose([], 1)[0].inheritance is not None
    search = Search(max_trials=5, **INHERITING)
    with pytest.raises(PreflightError, match=r"inherit_weights=True, but the model is"):
        plan_build_model(search, config(), ["val_loss"], ("examples_fraction",))
    oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=3)
    tuner = types.SimpleNamespace(oracle=oracle)
    with pytest.raises(PreflightError, match="the tuner that tuner_fn returns trains"):
        plan_stock(search, tuner, config(), None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"constraints": ["units_3 < 2"]}, "Did you mean 'units_"),
        ({"constraints": ["units_1 > 4"]}, "no configuration fulfils them all"),
        ({"initial_points": [{"units_1": 9}]}, "point 1, .*units_1=9"),
    ],
)
def test_what_does_not_fit_the_space_is_refused(options, message):
    with pytest.raises(SearchSpaceError, match=message):
        plan(**options)


def test_a_curve_tells_of_one_objective():
    several = Search(objective=["val_loss", "model_bytes"], curve_stopping=True)
    with pytest.raises(ValueError, match=r"curve_stopping=True.*several objectives"):
        check_options(several)


def test_proposals_that_are_given_up_depend_on_outcomes():
    assert not plan(strategy="random").effort.learns
    assert plan(strategy="random", curve_stopping=True).effort.learns


@pytest.mark.parametrize(
    ("resource", "full", "rungs"),
    [
        ("epochs", None, [3, 9]),
        ("examples_fraction", 1.0, [1 / 3, 1.0]),
        ("resolution", 28, [9, 28]),
        ("width", 1.0, [1 / 3, 1.0]),
    ],
)
def test_a_resource_is_spent_from_its_least_to_its_full_amount(resource, full, rungs):
    options = {"resource": resource, "reduction_factor": 3, "guard": False}
    search_options = Search(
        strategy="successive_halving", strategy_options=options, max_trials=9, epochs=9
    )
    fidelities = {"epochs": None, resource: full}
    made = plan_build_model(search_options, config(), ["val_loss"], fidelities)
    trials, _ = search(made.strategy, length=13)
    spent = sorted({rung.resource for trial in trials for rung in trial.rungs})
    assert spent == pytest.approx(rungs)


def test_a_constraint_that_cannot_be_read_is_refused_in_the_definition():
    with pytest.raises(SearchSpaceError, match="cannot be read"):
        check_options(Search(constraints=["units_1 <"]))


@pytest.mark.parametrize(
    "options", [{"constraints": ["units_1 > 2"]}, {"initial_points": [{}]}]
)
def test_a_tuner_s_own_oracle_cannot_heed_them(options):
    objective = keras_tuner.Objective("val_loss", "min")
    oracle = keras_tuner.oracles.RandomSearchOracle(objective, max_trials=3)
    tuner = types.SimpleNamespace(oracle=oracle)
    with pytest.raises(PreflightError, match=r"own RandomSearchOracle.*strategy="):
        plan_stock(Search(**options), tuner, config(), None)


def test_a_strategy_needs_hyperparameters_that_are_declared():
    objective = keras_tuner.Objective("val_loss", "min")
    oracle = keras_tuner.oracles.RandomSearchOracle(objective, max_trials=3)
    tuner = types.SimpleNamespace(oracle=oracle)
    nothing = keras_tuner.HyperParameters().get_config()
    with pytest.raises(PreflightError, match=r"run_trial asks.*hyperparameters=hp"):
        plan_stock(Search(strategy="random"), tuner, nothing, None)
    assert plan_stock(Search(), tuner, nothing, None).max_trials == 3


def test_more_points_than_trials_are_refused():
    points = [{"units_1": k} for k in (2, 3, 4)]
    with pytest.raises(
        PreflightError, match=r"3 points, with the defaults 4.*at most 3"
    ):
        plan_build_model(
            Search(max_trials=3, initial_points=points), config(), ["val_loss", "loss"]
        )


FOLDED = ["loss", "loss_std", "val_loss", "val_loss_std"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            INHERITING,
            r"inherit_weights=True, but cross_validation\(\) makes each trial",
        ),
        ({"curve_stopping": True}, r"curve_stopping=True.*train 4 models.*Leave one"),
        (
            {"objective": Objective("val_loss_std", "min")},
            r"'val_loss_std' comes first",
        ),
    ],
)
def test_folds_are_refused_where_one_training_would_decide(options, message):
    given = Search(max_trials=5, **{"strategy": "random", **options})
    with pytest.raises(PreflightError, match=message):
        plan_build_model(given, config(), FOLDED, {"epochs": None}, num_folds=4)


def test_a_deviation_over_folds_can_be_a_further_objective():
    several = ["val_loss", Objective("val_loss_std", "min")]
    given = Search(max_trials=5, objective=several)
    made = plan_build_model(given, config(), FOLDED, {"epochs": None}, num_folds=4)
    assert [each.name for each in made.objectives] == ["val_loss", "val_loss_std"]


def test_a_grid_over_names_that_are_defined_twice_is_refused():
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b"])
    for kind in "a", "b":
        with hp.conditional_scope("kind", [kind]):
            hp.Int("units", 1, 3)
    objective = keras_tuner.Objective("val_loss", "min")
    tuner = types.SimpleNamespace(
        oracle=keras_tuner.oracles.GridSearchOracle(objective)
    )
    with pytest.raises(PreflightError, match=r"\['units'\].*strategy=\"grid\""):
        plan_stock(Search(), tuner, hp.get_config(), None)
    assert plan_stock(Search(strategy="grid"), tuner, hp.get_config(), None)
