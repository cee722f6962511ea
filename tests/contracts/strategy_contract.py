"""What every strategy must do. Subclass it once for each of them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence

import pytest

from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Fixed,
    Float,
    Int,
    SearchSpace,
)
from tuner_component.search_space.wiring import Edge, Wiring
from tuner_component.strategies.base import (
    Action,
    Done,
    Promote,
    Strategy,
    Suggest,
    Wait,
)
from tuner_component.trial import Reason, RungResult, Trial, TrialError, TrialState

CNN = Condition("model", ("cnn",))

FINITE = SearchSpace(
    [
        Choice("model", ("mlp", "cnn")),
        Int("units", 1, 4),
        Boolean("pool", conditions=(CNN,)),
        Choice("size", (3, 5), conditions=(CNN, Condition("pool", (True,)))),
    ]
)
"""4 configurations of the mlp, 4 x (1 + 2) of the cnn: 16."""

CONTINUOUS = SearchSpace(
    [
        Choice("model", ("mlp", "cnn")),
        Float("rate", 1e-4, 1e-1, sampling="log"),
        Int("filters", 8, 64, sampling="log", conditions=(CNN,)),
    ]
)

CONSTRAINED = SearchSpace(
    FINITE.parameters,
    ["units > 1", "not (pool and units == 2)", "size != 3 or units > 3"],
)
"""Of `FINITE`, without its defaults: 3 of the mlp, 2 x 3 - 1 + 1 of the cnn."""

CONSTRAINED_CONTINUOUS = SearchSpace(
    CONTINUOUS.parameters, ["rate < 0.01 or model == 'mlp'", "rate * filters <= 0.05"]
)


WIRING = Wiring(
    "cell",
    num_inputs=1,
    output=2,
    edges=(
        Edge(0, 1, ("cell_0_1",)),
        Edge(0, 2, ("cell_0_2",)),
        Edge(1, 2, ("cell_1_2",)),
    ),
    kinds={"none": "none"},
)
CELLS = SearchSpace(
    [
        Fixed("cell", WIRING.to_text()),
        *(Choice(edge.labels[0], ("conv", "none")) for edge in WIRING.edges),
        Int("units", 1, 4),
    ]
)
"""8 ways to write down 4 graphs, the one without a path among them, x 4."""
NUM_GRAPHS = 4


def pending(action: Suggest, number: int) -> Trial:
    """Returns the trial that the study makes of a suggestion."""
    return Trial(
        trial_id=f"{number:04d}",
        number=number,
        values=action.values,
        seed=number,
        fidelity=action.fidelity,
        note=action.note,
    )


def ended(trial: Trial, state: TrialState = TrialState.COMPLETED) -> Trial:
    """Returns the trial with an outcome that depends on its values only.

    COMPLETED becomes PAUSED where its fidelity is not the full training.
    """
    fields = {**vars(trial), "state": state}
    if state is TrialState.COMPLETED:
        loss = sum(hash_of(item) for item in trial.values.items())
        fields |= {"score": loss, "loss": loss}
        if trial.fidelity is not None:
            rung = RungResult(trial.fidelity.value, loss)
            fields["rungs"] = (*trial.rungs, rung)
            full = trial.fidelity.is_full
            fields["state"] = TrialState.COMPLETED if full else TrialState.PAUSED
        return Trial(**fields)
    error = TrialError(Reason.USER_ERROR, "It went wrong.")
    return Trial(**{**fields, "error": error})


def hash_of(item: tuple[str, object]) -> float:
    """Returns a number from 0 to 1 that is the same in every process."""
    return sum(map(ord, repr(item))) % 97 / 97


def search(
    strategy: Strategy,
    history: Sequence[Trial] = (),
    *,
    length: int,
    count: int = 1,
    states: Sequence[TrialState] = (TrialState.COMPLETED,),
) -> tuple[list[Trial], Action | None]:
    """Runs until there are `length` trials or the strategy is done."""
    trials = list(history)
    while len(trials) < length:
        actions = strategy.propose(trials, min(count, length - len(trials)))
        started = {len(trials) + place for place in range(len(actions))}
        for action in actions:
            if isinstance(action, Promote):
                started.add(promote(trials, action))
            elif isinstance(action, Suggest):
                trials.append(pending(action, len(trials)))
            elif isinstance(action, Done) or len(actions) == 1:
                return finish(trials, started, states), action
        trials = finish(trials, started, states)
    return trials, None


def promote(trials: list[Trial], action: Promote) -> int:
    """Puts the promoted trial in its place, and returns its number."""
    (trial,) = (t for t in trials if t.trial_id == action.trial_id)
    assert trial.state is TrialState.PAUSED
    fields = {**vars(trial), "state": TrialState.PENDING, "score": None, "loss": None}
    trials[trial.number] = Trial(**{**fields, "fidelity": action.fidelity})
    return trial.number


def finish(
    trials: list[Trial], started: Collection[int], states: Sequence[TrialState]
) -> list[Trial]:
    """Returns the trials with outcomes for those whose numbers have `started`."""
    return [
        ended(trial, states[trial.number % len(states)])
        if trial.number in started
        else trial
        for trial in trials
    ]


def keys(space: SearchSpace, trials: Sequence[Trial]) -> list[str]:
    """Returns the keys of the trials' configurations."""
    return [space.key(trial.values) for trial in trials]


class StrategyContract:
    """The suite; a subclass says how its strategy is made."""

    finite_size = 16

    def create(self, space: SearchSpace, seed: int) -> Strategy:
        raise NotImplementedError

    @pytest.fixture(params=[FINITE, CONTINUOUS], ids=["finite", "continuous"])
    def space(self, request) -> SearchSpace:
        return request.param

    @pytest.fixture
    def strategy(self, space) -> Strategy:
        return self.create(space, 3)

    def test_proposals_are_in_the_space_and_plain(self, strategy, space):
        trials, _ = search(strategy, length=14, count=3)
        assert len(trials) == 14
        for trial in trials:
            space.check_values(trial.values)
            assert {type(v) for v in trial.values.values()} <= {str, int, float, bool}

    def test_the_same_history_gives_the_same_actions(self, strategy, space):
        trials, _ = search(strategy, length=8)
        for end in (8, 0, 5, 8):  # also backwards, and with a used instance
            again = self.create(space, 3).propose(trials[:end], 3)
            assert list(strategy.propose(trials[:end], 3)) == list(again)

    def test_the_history_is_not_changed(self, strategy):
        trials, _ = search(strategy, length=6)
        before = copy.deepcopy(trials)
        strategy.propose(trials, 2)
        assert trials == before

    def test_resumed_from_every_prefix_it_goes_the_same_way(self, strategy, space):
        whole, _ = search(strategy, length=12)
        for end in range(12):
            resumed, _ = search(self.create(space, 3), whole[:end], length=12)
            assert resumed == whole

    def test_asking_for_one_or_for_four_gives_the_same_set(self, strategy, space):
        ones, _ = search(strategy, length=12)
        fours, _ = search(self.create(space, 3), length=12, count=4)
        assert set(keys(space, ones)) == set(keys(space, fours))

    def test_pending_trials_are_not_proposed_again(self, strategy, space):
        trials: list[Trial] = []
        for action in strategy.propose([], 6):
            assert isinstance(action, Suggest)
            trials.append(pending(action, len(trials)))
        more = [a for a in strategy.propose(trials, 6) if isinstance(a, Suggest)]
        seen = keys(space, [*trials, *(pending(a, 99) for a in more)])
        assert len(seen) == len(set(seen))

    @pytest.mark.parametrize("count", [1, 2, 5, 40])
    def test_the_count_is_honoured(self, strategy, count):
        actions = strategy.propose([], count)
        suggested = [a for a in actions if isinstance(a, Suggest)]
        assert 1 <= len(suggested) <= count
        assert list(actions[: len(suggested)]) == suggested
        assert len(actions) - len(suggested) <= 1
        if len(suggested) < count:
            assert isinstance(actions[-1], Wait | Done)

    @pytest.mark.parametrize("count", [1, 3, 100])
    def test_a_finite_space_is_covered_once_and_ends(self, count):
        strategy = self.create(FINITE, 3)
        trials, last = search(strategy, length=100, count=count)
        assert isinstance(last, Done)
        assert str(self.finite_size) in last.reason
        assert len(trials) == len(set(keys(FINITE, trials))) == self.finite_size
        assert isinstance(strategy.propose(trials, 1)[-1], Done)

    @pytest.mark.parametrize("count", [1, 3, 100])
    def test_what_constraints_allow_is_covered_once_and_nothing_else(self, count):
        allowed = {
            FINITE.key(values)
            for values in FINITE.enumerate()
            if CONSTRAINED.allows(values)
        }
        strategy = self.create(CONSTRAINED, 3)
        trials, last = search(strategy, length=100, count=count)
        assert isinstance(last, Done)
        assert str(len(allowed)) in last.reason
        assert len(trials) == len(allowed)
        assert set(keys(CONSTRAINED, trials)) == allowed

    def test_equal_architectures_are_one_trial(self):
        strategy = self.create(CELLS, 3)
        trials, last = search(strategy, length=100, count=3)
        assert isinstance(last, Done)
        assert len(trials) == len(set(keys(CELLS, trials))) == 4 * NUM_GRAPHS
        graphs = {WIRING.canonical(trial.values) for trial in trials}
        assert len(graphs) == NUM_GRAPHS

    def test_what_constraints_forbid_is_never_proposed(self):
        space = CONSTRAINED_CONTINUOUS
        trials, _ = search(self.create(space, 3), length=20, count=3)
        assert len(trials) == len(set(keys(space, trials))) == 20
        for trial in trials:
            space.check_values(trial.values)
            assert space.allows(trial.values)

    @pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.INFEASIBLE])
    def test_unsuccessful_trials_count_as_tried(self, state):
        strategy = self.create(FINITE, 3)
        some, _ = search(strategy, length=100, states=(state, TrialState.COMPLETED))
        every, last = search(strategy, length=100, states=(state,))
        assert len(some) == len(every) == self.finite_size
        assert len(set(keys(FINITE, every))) == self.finite_size
        assert isinstance(last, Done)

    def test_seeds_are_reproducible_and_differ_0_included(self, space):
        def trials(seed: int) -> list[str]:
            return keys(space, search(self.create(space, seed), length=10)[0])

        assert trials(0) == trials(0)
        assert trials(0) != trials(1)
        assert trials(1) != trials(2)

    def test_trials_from_elsewhere_and_before_the_space_grew_are_tolerated(self):
        foreign = [
            pending(Suggest({"model": "mlp"}), 0),
            pending(Suggest({"model": "transformer", "units": 99}), 1),
            pending(Suggest({"other": 1.5}), 2),
        ]
        trials, last = search(self.create(FINITE, 3), foreign, length=100)
        assert isinstance(last, Done)
        tried = set(keys(FINITE, trials))
        assert {FINITE.key(values) for values in FINITE.enumerate()} <= tried
        assert FINITE.key({"model": "mlp", "units": 1}) not in keys(FINITE, trials[3:])
