"""The tables of the READMEs match the code."""

from __future__ import annotations

import collections
import dataclasses
import inspect
import re
from typing import get_args, get_type_hints

import tuner_component
from tests.readme.texts import section, table
from tuner_component import Search
from tuner_component.strategies.registry import STRATEGIES, options
from tuner_component.trial import TrialState


def test_the_table_of_options_is_search():
    stated = {row[0].strip("`"): row[1].strip("`") for row in table("`Search`")}
    defaults = dataclasses.asdict(Search())
    assert list(stated) == list(defaults)
    assert stated == {
        name: repr(value).replace("'", '"') for name, value in defaults.items()
    }


def test_the_table_of_outputs_is_the_component():
    stated = {row[0].strip("`") for row in table("What it writes")}
    assert stated == set(tuner_component.Tuner.SPEC_CLASS.OUTPUTS)


def test_engines_are_those_that_there_are():
    stated = re.findall(r'engine="(\w+)"', section("On a cluster"))
    assert sorted(stated) == sorted(get_args(get_type_hints(Search)["engine"]))


def test_strategies_are_those_that_there_are():
    names = [row[0].strip("`") for row in table("Strategies")]
    assert sorted(names) == sorted(STRATEGIES)


def test_options_of_strategies_are_those_that_there_are():
    with_rungs = [name for name in STRATEGIES if "resource" in options(name)]
    stated, defaults = collections.defaultdict(set), {}
    for option, of, default, _ in table("Options of the strategies"):
        names = with_rungs if "with rungs" in of else []
        for name in [*names, *re.findall("`([a-z_]+)`", of)]:
            stated[name].add(option.strip("`"))
        defaults[option.strip("`")] = set(re.findall("`([^`]+)`", default))
    assert dict(stated) == {name: set(o) for name in STRATEGIES if (o := options(name))}
    real = collections.defaultdict(set)
    for name, cls in STRATEGIES.items():
        for option in options(name):
            default = inspect.signature(cls).parameters[option].default
            real[option].add(repr(default).replace("'", '"'))
    assert defaults == real


def test_states_and_errors_of_the_failure_table_exist():
    cells = " ".join(cell for row in table("When something fails") for cell in row)
    for name in re.findall(r"`(\w+Error)`", cells):
        assert name in tuner_component.__all__
    for name in re.findall(r"`([A-Z]+)`", cells):
        assert name in TrialState.__members__
    for name in re.findall(r"`(max_\w+)`", cells):
        assert hasattr(Search(), name)
