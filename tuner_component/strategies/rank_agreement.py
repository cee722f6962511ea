"""Whether a cheap rung orders configurations as the full training does."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from scipy import stats

from tuner_component.strategies import rungs
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.trial import Trial

NUM_AUDITED = 5
"""Configurations that get the full training whatever their rungs say."""
LEAST_CONFIGURATIONS = 16
"""Smaller brackets are not watched: the audit would cost more than they do."""
LEAST_AGREEMENT = 0.2
"""Kendall's tau from which on a rung is trusted."""


def is_worth_it(bracket: Bracket, limit: int | None) -> bool:
    """Returns whether enough is decided at the bracket's rungs for an audit.

    Args:
        bracket: The bracket, before it is cut.
        limit: Configurations at most, those of the audit included; None for no
            limit.
    """
    number = bracket.num_configurations
    if limit is not None:
        number = min(number, limit - NUM_AUDITED)
    return number >= LEAST_CONFIGURATIONS and len(bracket.rungs) > 1


def audit(bracket: Bracket) -> Bracket:
    """Returns a bracket with the same rungs of which nobody drops out."""
    steps = (Rung(NUM_AUDITED, rung.resource) for rung in bracket.rungs)
    return Bracket(tuple(steps), 1)


def agreement(trials: Sequence[Trial], resource: float, full: float) -> float | None:
    """Returns Kendall's tau of the losses at a rung and after the full training.

    Args:
        trials: Chosen without regard to their losses; those that ended at both
            count. Survivors alone would be too much alike.
        resource: The rung.
        full: The full training.

    Returns:
        From -1, the reverse order, to 1, the same; None for fewer than two trials, or
        if all are equal.

    Reference:
        Kendall, 1938, A New Measure of Rank Correlation; tau-b, for ties.
    """
    pairs = [
        (here, there)
        for here, there in (
            (rungs.loss_at(trial, resource), rungs.loss_at(trial, full))
            for trial in trials
        )
        if here is not None and there is not None
    ]
    if len(pairs) < 2:
        return None
    tau = float(stats.kendalltau(*zip(*pairs, strict=True)).statistic)
    return None if math.isnan(tau) else tau


def amended(
    bracket: Bracket, audited: Sequence[Trial], members: Sequence[Trial]
) -> Bracket:
    """Returns the bracket with everybody passing the rungs that mislead.

    The order at each rung is compared with that after the full training. Rungs below
    the lowest one that agrees drop nobody.

    Args:
        bracket: The bracket that is watched.
        audited: Trials of the audit.
        members: Trials of the bracket.
    """
    trusted = trusted_rung(bracket, audited, members)
    most = bracket.num_configurations
    wide = (
        Rung(most if index <= trusted else rung.num_configurations, rung.resource)
        for index, rung in enumerate(bracket.rungs)
    )
    return Bracket(tuple(wide), bracket.reduction_factor)


def trusted_rung(
    bracket: Bracket, audited: Sequence[Trial], members: Sequence[Trial]
) -> int:
    """Returns the index of the lowest rung that is trusted, the last one if none.

    0 until the audit is complete. Then the audited trials are compared, and members
    that were trained to the end because no rung was trusted.

    Args:
        bracket: The bracket that is watched.
        audited: Trials of the audit.
        members: Trials of the bracket.
    """
    steps = [rung.resource for rung in bracket.rungs]
    ended = [t for t in audited if rungs.loss_at(t, steps[-1]) is not None]
    if len(ended) < min(NUM_AUDITED, len(audited)) or not ended:
        return 0
    # The first in a row: who is trained to the end for its losses is no sample.
    unselected = itertools.takewhile(
        lambda trial: rungs.loss_at(trial, steps[-1]) is not None, members
    )
    sample = [*ended, *unselected]
    for index, step in enumerate(steps[:-1]):
        tau = agreement(sample, step, steps[-1])
        if tau is None or tau > LEAST_AGREEMENT:
            return index
    return len(steps) - 1


def verdict(
    bracket: Bracket, audited: Sequence[Trial], members: Sequence[Trial], resource: str
) -> str:
    """Returns what the audit found, for people.

    Args:
        bracket: The bracket that is watched.
        audited: Trials of the audit.
        members: Trials of the bracket.
        resource: What is spent: `"epochs"`, ...
    """
    trusted = trusted_rung(bracket, audited, members)
    step = bracket.rungs[trusted].resource
    if trusted == 0:
        return f"the order after {step:g} {resource} agrees with that at the end"
    return (
        f"the order before {step:g} {resource} disagrees with that at the end, so "
        "nobody was dropped until then"
    )
