"""The best configurations once more, with other seeds, when the search is over."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from tuner_component.strategies.base import Action, Done, Strategy, Suggest, Wait, kept
from tuner_component.trial import REPEAT_OF, Fidelity, Trial, TrialState

NUM_CHECKED = 5
"""How many of the best are run again, beside the defaults."""


class Repeated:
    """Runs the best trials of a strategy again, and the first one, the defaults.

    A score is the result of one seed, and the best of many is the luckiest of them.
    What wins in the end is the best mean, see `pareto.ranking`.

    Args:
        strategy: What proposes the configurations.
        num_runs: Runs of each of the best, the first one included, >= 2.
        max_trials: Trials at most, more than `reserve`; None: no limit, and the repeats
            follow when the strategy is done.

    Reference:
        Bouthillier et al., 2021, Accounting for Variance in Machine Learning
        Benchmarks, arXiv 2103.03098.
    """

    def __init__(
        self, strategy: Strategy, num_runs: int, max_trials: int | None
    ) -> None:
        self._strategy, self._num_runs = strategy, num_runs
        self._limit = None if max_trials is None else max_trials - reserve(num_runs)

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what the strategy proposes, then the repeats."""
        originals = [t for t in history if REPEAT_OF not in t.note]
        started = sum(t.state is not TrialState.INFEASIBLE for t in originals)
        num_repeats = len(history) - len(originals)
        left = count
        if self._limit is not None:  # More than before: then repeats were run already.
            left = self._limit - started - num_repeats
        if left > 0 or (not num_repeats and _can_go_on(originals)):
            wanted = count if left <= 0 else min(count, left)
            actions = self._strategy.propose(originals, wanted)
            ended = next((a for a in actions if isinstance(a, Done)), None)
            if ended is None and not _is_over(actions, left):
                return actions
            others = [a for a in actions if a is not ended]
            if others and ended is not None:
                return [*others, Wait()]
        if any(trial.state is TrialState.PENDING for trial in originals):
            return [Wait()]
        due = list(itertools.islice(self._due(history, originals), count))
        if due:
            return due
        running = any(trial.state is TrialState.PENDING for trial in history)
        return [Wait()] if running else [Done("the best and the defaults ran again")]

    def keeps(self, history: Sequence[Trial]) -> Collection[str]:
        """Returns the ids of the trials that the strategy needs, and of the best."""
        originals = [t for t in history if REPEAT_OF not in t.note]
        chosen = [trial.trial_id for trial in _chosen(originals)]
        return {*kept(self._strategy, originals), *chosen}

    def _due(
        self, history: Sequence[Trial], originals: Sequence[Trial]
    ) -> list[Suggest]:
        chosen = _chosen(originals)
        runs = {trial.trial_id: 1 for trial in chosen}
        for trial in history:
            of = trial.note.get(REPEAT_OF)
            if of in runs and trial.state is not TrialState.INFEASIBLE:
                runs[of] += 1
        return [
            Suggest(trial.values, _full(trial.fidelity), {REPEAT_OF: trial.trial_id})
            for number in range(1, self._num_runs)
            for trial in chosen
            if runs[trial.trial_id] <= number
        ]


def reserve(num_runs: int) -> int:
    """Returns how many trials the repeats take at most."""
    return (NUM_CHECKED + 1) * (num_runs - 1)


def _chosen(originals: Sequence[Trial]) -> list[Trial]:
    """Returns the best complete trials, and the first one."""
    complete = [t for t in originals if t.state is TrialState.COMPLETED]
    best = sorted(complete, key=lambda trial: (_loss(trial), trial.number))
    chosen = best[:NUM_CHECKED]
    return chosen + [t for t in complete if t.number == 0 and t not in chosen]


def _loss(trial: Trial) -> float:
    return float("inf") if trial.loss is None else trial.loss


def _full(fidelity: Fidelity | None) -> Fidelity | None:
    if fidelity is None or fidelity.most is None:
        return fidelity
    return Fidelity(fidelity.kind, fidelity.most, fidelity.most)


def _can_go_on(originals: Sequence[Trial]) -> bool:
    return any(trial.state is TrialState.PAUSED for trial in originals)


def _is_over(actions: Sequence[Action], left: int) -> bool:
    """Returns whether only new configurations are proposed, and none may start."""
    return left <= 0 and all(isinstance(action, Suggest) for action in actions)
