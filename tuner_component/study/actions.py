"""What a strategy may ask of a study."""

from __future__ import annotations

from collections.abc import Sequence

from tuner_component.errors import TunerError
from tuner_component.strategies.base import Action, Promote, Strategy, Suggest
from tuner_component.trial import Trial, TrialState


def checked_paused(strategy: Strategy, trial_id: str, trial: Trial | None) -> Trial:
    """Returns the trial that a strategy promotes.

    Raises:
        TunerError: If it is not paused.
    """
    if trial is not None and trial.state is TrialState.PAUSED:
        return trial
    raise TunerError(
        f"The strategy {type(strategy).__name__} promotes trial {trial_id!r}, which is "
        f"{trial.state.value if trial else 'unknown'}; expected one that is PAUSED. "
        "This is an error in the strategy."
    )


def check_parent(strategy: Strategy, trial_id: str, parent: Trial | None) -> None:
    """Raises unless another trial can inherit from this one.

    Raises:
        TunerError: If it has not completed, or leaves no weights.
    """
    if parent is None or parent.state is not TrialState.COMPLETED:
        state = parent.state.value if parent else "unknown"
    elif parent.inheritance is None:
        state = "one that leaves no weights"
    else:
        return
    raise TunerError(
        f"The strategy {type(strategy).__name__} lets a trial inherit from "
        f"{trial_id!r}, which is {state}; expected one that is COMPLETED and was "
        "suggested with an `inheritance`. This is an error in the strategy."
    )


def cut(actions: Sequence[Action], count: int) -> list[Action]:
    """Returns the first `count` evaluations, and what is no evaluation."""
    evaluations = [a for a in actions if isinstance(a, Suggest | Promote)]
    others = [a for a in actions if not isinstance(a, Suggest | Promote)]
    return evaluations[:count] + others
