"""The contract that every search strategy keeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from tuner_component.trial import Fidelity, Inheritance, Trial, TrialState, Value


@dataclasses.dataclass(frozen=True)
class Suggest:
    """Evaluate a new configuration.

    Attributes:
        values: Hyperparameter name to value; active ones only.
        fidelity: How much training it gets; None is all of it.
        note: JSON of the strategy's own; comes back as `Trial.note`.
        inheritance: Whose weights it begins with, a trial that has left its own; None
            if it leaves none either. The strategy's `keeps` must name those parents
            for as long as they may be needed.
    """

    values: Mapping[str, Value]
    fidelity: Fidelity | None = None
    note: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    inheritance: Inheritance | None = None


@dataclasses.dataclass(frozen=True)
class Promote:
    """Continue a paused trial from where it stopped.

    Attributes:
        trial_id: A trial that is PAUSED.
        fidelity: How much training it gets in all, more than it has got.
    """

    trial_id: str
    fidelity: Fidelity


@dataclasses.dataclass(frozen=True)
class Wait:
    """Nothing to propose until a running trial ends."""


@dataclasses.dataclass(frozen=True)
class Done:
    """The strategy has nothing more to propose, ever.

    Attributes:
        reason: For people: "all 16 configurations were tried".
    """

    reason: str


Action = Suggest | Promote | Wait | Done


class Strategy(Protocol):
    """Decides what to try next: a pure function of the history."""

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns what to do next.

        The same history gives the same actions: randomness comes from
        `rng(seed, number)` only, and whatever is learned is a cache that
        the history rebuilds. The history must not be changed.

        Args:
            history: All trials proposed so far in the order of their numbers,
                pending ones included.
            count: How many evaluations could start now; at least 1.

        Returns:
            At most `count` `Suggest` and `Promote`, then possibly one `Wait` or
            `Done` which says that there are no more (for now, or for ever).

        A trial that is suggested with a fidelity that is not full is PAUSED when it
        ends with a score, and may be promoted. A strategy that defines `keeps(history)
        -> Collection[str]` names the trials whose files it still needs; without it,
        those of every paused trial are kept.
        """


def kept(strategy: Strategy, history: Sequence[Trial]) -> Collection[str]:
    """Returns the ids of the trials whose files a strategy still needs.

    Those that its `keeps` names; those of every paused trial, where it has none.
    """
    keeps = getattr(strategy, "keeps", None)
    if keeps is None:
        return [t.trial_id for t in history if t.state is TrialState.PAUSED]
    named: Collection[str] = keeps(history)
    return named


def rng(seed: int, number: int) -> np.random.Generator:
    """Returns the generator of the trial with this number.

    Args:
        seed: The study's seed, >= 0; 0 is a seed like any other.
        number: The trial's number, >= 0.
    """
    return np.random.default_rng([seed, number])
