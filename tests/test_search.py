from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tuner_component import Objective, Search


def test_a_search_survives_json():
    search = Search(
        strategy="grid",
        strategy_options={"grid_points": 4},
        constraints=["units_2 <= units_1"],
        initial_points=[{"units_1": 32, "rate": 0.1}],
        objective=Objective("val_auc", "max"),
        max_trials=7,
        max_seconds=2.5,
        seed=0,
        engine="flock",
        resume="must",
    )
    assert Search.from_json(search.to_json()) == search


def test_several_objectives_survive_json():
    search = Search(objective=["val_loss", Objective("size", "min", weight=2.5)])
    assert Search.from_json(search.to_json()) == search


def test_the_json_names_its_version():
    assert json.loads(Search().to_json())["version"] == 1


@pytest.mark.parametrize("text", ["[]", '"x"', "{}", '{"version": 2}'])
def test_json_of_another_version_is_refused(text):
    with pytest.raises(ValueError, match="version"):
        Search.from_json(text)


def test_a_misspelt_option_names_the_closest():
    text = json.dumps({"version": 1, "max_trails": 3})
    with pytest.raises(ValueError, match=r"'max_trails'.*Did you mean 'max_trials'\?"):
        Search.from_json(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_trials": 0}, r"max_trials=0.*at least 1"),
        ({"max_retries": -1}, r"max_retries=-1.*at least 0\.$"),
        ({"strategy": ""}, r"strategy=''.*the name of a strategy, or None"),
        ({"parallelism": 0}, r"parallelism=0.*at least 1"),
        ({"seed": -1}, r"seed=-1.*at least 0"),
        ({"max_seconds": 0}, r"max_seconds=0.*above 0"),
        ({"max_seconds": math.inf}, r"max_seconds=inf.*finite"),
        ({"max_trial_seconds": math.nan}, r"max_trial_seconds=nan"),
        ({"objective": []}, r"objective=\[\].*2 to 4 objectives in a list"),
        ({"objective": ["loss"]}, r"2 to 4.*Leave the list out for a single one"),
        ({"objective": list("abcde")}, r"2 to 4 objectives"),
        ({"objective": ["loss", Objective("loss", "min")]}, r"names 'loss' twice"),
        ({"curve_stopping": 1.0}, r"curve_stopping=1.0.*above 0 and below 1"),
        ({"curve_stopping": 0}, r"curve_stopping=0\).*above 0 and below 1"),
        ({"resume": "maybe"}, r"resume='maybe'.*'auto', 'never' or 'must'"),
        ({"strategy_options": {"x": math.nan}}, r"cannot be written as JSON"),
        ({"initial_points": [{"x": math.nan}]}, r"cannot be written as JSON"),
        ({"strategy_options": {"x": object()}}, r"cannot be written as JSON"),
    ],
)
def test_bad_values_say_what_is_expected(options, message):
    with pytest.raises(ValueError, match=message):
        Search(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_trials": "3"}, r"max_trials='3'.*int or None"),
        ({"max_trials": True}, r"max_trials=True.*int or None"),
        ({"max_seconds": "1h"}, r"max_seconds='1h'.*float"),
        (
            {"objective": 3},
            r"objective=3.*list or tuner_component.Objective or str or None",
        ),
        ({"objective": ["loss", 3]}, r"a list of Objective or str"),
        ({"strategy": 1}, r"strategy=1.*str or None"),
        ({"curve_stopping": "yes"}, r"curve_stopping='yes'.*bool or float"),
        ({"constraints": "a < b"}, "expected list"),
        ({"constraints": [1]}, "expected a list of str; 1 is none"),
        ({"initial_points": [[1]]}, "expected a list of dict"),
    ],
)
def test_bad_types_say_what_is_expected(options, message):
    with pytest.raises(TypeError, match=message):
        Search(**options)


@pytest.mark.parametrize(
    ("given", "chance"), [(False, None), (True, 0.001), (0.05, 0.05)]
)
def test_the_chance_below_which_a_training_stops(given, chance):
    search = Search(curve_stopping=given)
    assert search.least_chance == chance
    assert Search.from_json(search.to_json()) == search


def test_an_objective_has_one_of_two_directions():
    with pytest.raises(ValueError, match=r"direction='maximise'.*\"min\" or \"max\""):
        Objective("val_loss", "maximise")


@pytest.mark.parametrize("weight", [0, -1, math.inf, math.nan, "2"])
def test_the_weight_of_an_objective_is_above_0(weight):
    with pytest.raises(ValueError, match=r"'size' has weight=.*finite number above 0"):
        Objective("size", "min", weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"max_trials": np.int64(5)},
            r"max_trials=.*expected int or None.*numpy.int64",
        ),
        (
            {"objective": object()},
            r"expected .*tuner_component.Objective.*builtins.object",
        ),
    ],
)
def test_a_value_of_another_type_is_told_with_its_type(options, message):
    with pytest.raises(TypeError, match=message):
        Search(**options)
