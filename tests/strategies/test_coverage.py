"""Random conditional spaces are covered once each, whatever became of the trials."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.contracts.spaces import finite_spaces
from tests.contracts.strategy_contract import search
from tuner_component.strategies.base import Done
from tuner_component.strategies.registry import create
from tuner_component.trial import TrialState

OPTIONS = {
    "evolution": {"population_size": 4},
    "quasi_random": {},
    "reinforcement": {"num_parts": 3},
}
STATES = (TrialState.COMPLETED, TrialState.FAILED, TrialState.COMPLETED)


@pytest.mark.parametrize("name", OPTIONS)
@given(
    space=finite_spaces(max_parameters=5),
    seed=st.integers(0, 2**32),
    count=st.integers(1, 4),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
def test_finite_spaces_are_covered_exactly(name, space, seed, count):
    assume((space.size() or 0) <= 80)
    strategy = create(name, space, seed, OPTIONS[name])
    trials, last = search(strategy, length=100, count=count, states=STATES)
    for trial in trials:
        space.check_values(trial.values)
    tried = {space.key(trial.values) for trial in trials}
    off_the_grid = space.configurations().rank(space.defaults()) is None
    assert len(trials) == len(tried) == space.size() + off_the_grid
    assert isinstance(last, Done)
