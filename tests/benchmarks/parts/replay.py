"""Whether every strategy resumes exactly and covers finite spaces exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.benchmarks.parts.figures import Figure
from tests.benchmarks.tables.pooled import Results, Work
from tests.benchmarks.tables.runs import strategies_version
from tests.contracts.strategy_contract import (
    CONSTRAINED,
    CONTINUOUS,
    FINITE,
    finish,
    keys,
    pending,
    promote,
    search,
)
from tuner_component.search_space import Boolean, Choice, Condition, Int, SearchSpace
from tuner_component.strategies import registry
from tuner_component.strategies.base import Action, Promote, Strategy, Suggest
from tuner_component.trial import Trial, TrialState

_STATES = (TrialState.COMPLETED, TrialState.FAILED, TrialState.COMPLETED)
_LENGTH = 40
_MOST = 400
_NESTED = SearchSpace(
    [
        Int("depth", 1, 3),
        *(
            Choice(f"kind_{layer}", ("a", "b"), conditions=(deeper,))
            for layer, deeper in enumerate(
                Condition("depth", tuple(range(layer, 4))) for layer in (1, 2, 3)
            )
        ),
        Boolean("last", conditions=(Condition("depth", (3,)),)),
    ]
)
"""2 + 4 + 2 x 8 configurations."""
_FINITE = {"conditional": FINITE, "constrained": CONSTRAINED, "nested": _NESTED}


def resumed(name: str) -> dict[str, int]:
    """Returns after how many prefixes of a search a new instance goes on the same way.

    Also whether seeds 0 and 1 `differ`. Every third trial fails.
    """
    steps = _steps(_new(name, CONTINUOUS, 0))
    others = _steps(_new(name, CONTINUOUS, 1))
    return {
        "prefixes": len(steps),
        "same": sum(
            list(_new(name, CONTINUOUS, 0).propose(history, 1)) == actions
            for history, actions in steps
        ),
        "differ": int(steps[-1] != others[-1]),
    }


def _steps(strategy: Strategy) -> list[tuple[list[Trial], list[Action]]]:
    """Returns the history before each of the first evaluations, and what followed."""
    trials: list[Trial] = []
    steps = []
    for _ in range(_LENGTH):
        actions = list(strategy.propose(trials, 1))
        steps.append((list(trials), actions))
        for action in actions:
            if isinstance(action, Promote):
                trials = finish(trials, {promote(trials, action)}, _STATES)
            elif isinstance(action, Suggest):
                trials.append(pending(action, len(trials)))
                trials = finish(trials, {len(trials) - 1}, _STATES)
    return steps


def covered(name: str, seed: int) -> dict[str, int]:
    """Returns what went wrong until the strategy was done with finite spaces.

    `duplicates`, `missing` configurations, and trials with `inactive` parameters.
    """
    found = {"duplicates": 0, "missing": 0, "inactive": 0}
    for space in _FINITE.values():
        trials, _ = search(_new(name, space, seed), length=_MOST, states=_STATES)
        tried = set(keys(space, trials))
        found["duplicates"] += len(trials) - len(tried)
        found["missing"] += (space.size() or 0) - len(tried)
        found["inactive"] += sum(not _is_valid(space, trial) for trial in trials)
    return found


def _is_valid(space: SearchSpace, trial: Trial) -> bool:
    try:
        space.check_values(trial.values)
    except ValueError:
        return False
    return True


def _new(name: str, space: SearchSpace, seed: int) -> Strategy:
    return registry.create(name, space, seed, {})


def works(seeds: Sequence[int]) -> list[Work]:
    """Returns what to run."""
    version = strategies_version()
    replays = [Work("resume", resumed, (n,), version) for n in registry.STRATEGIES]
    return replays + [
        Work("coverage", covered, (name, seed), version)
        for seed in seeds
        for name in registry.STRATEGIES
    ]


def figures(results: Results) -> Iterator[Figure]:
    """Yields how many strategies resume from every prefix, and what is not covered."""
    replays = [result for work, result in results.items() if work.function is resumed]
    goal = len(registry.STRATEGIES)
    if replays:
        exact = sum(one["same"] == one["prefixes"] for one in replays)
        yield Figure("resume: strategies exact from every prefix", exact, goal, True)
        differ = sum(one["differ"] for one in replays)
        title = "resume: strategies for which seeds 0 and 1 differ"
        yield Figure(title, differ, goal, True)
    runs = [result for work, result in results.items() if work.function is covered]
    for what in ("duplicates", "missing", "inactive") if runs else ():
        title = f"coverage of 3 finite spaces by every strategy: {what}"
        yield Figure(title, sum(one[what] for one in runs), 0)
