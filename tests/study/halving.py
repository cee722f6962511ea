"""A strategy that pauses and promotes trials, for studies."""

from __future__ import annotations

from tuner_component.strategies.base import Done, Promote, Suggest, Wait
from tuner_component.trial import Fidelity, TrialState

RUNGS = (1, 3, 9)


def fidelity(resource):
    return Fidelity("epochs", resource, RUNGS[-1])


class Halving:
    """Starts `size` trials; the better half of a rung goes on when it is complete.

    Infeasible trials are replaced. Pure: it looks at nothing but the history.
    """

    def __init__(self, size=4, keeps=None) -> None:
        self.size = size
        if keeps is not None:
            self.keeps = keeps

    def propose(self, history, count):
        members = [t for t in history if t.state is not TrialState.INFEASIBLE]
        actions = [
            Promote(trial.trial_id, fidelity(RUNGS[rung + 1]))
            for rung in range(len(RUNGS) - 1)
            for trial in self.promotable(members, rung)
        ]
        new = range(len(history), len(history) + self.size - len(members))
        actions += [Suggest({"x": number}, fidelity(RUNGS[0])) for number in new]
        if actions:
            return actions[:count]
        is_busy = any(t.state is TrialState.PENDING for t in members)
        return [Wait()] if is_busy else [Done("one is left")]

    def promotable(self, members, rung):
        expected = self.size >> rung
        ended = [t for t in members if len(t.rungs) > rung or t.error is not None]
        if len(ended) < expected:
            return []
        scored = [t for t in ended if len(t.rungs) > rung]
        best = sorted(scored, key=lambda t: (t.rungs[rung].loss, t.number))
        return [
            t
            for t in best[: expected // 2]
            if t.state is TrialState.PAUSED and len(t.rungs) == rung + 1
        ]
