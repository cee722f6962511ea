"""Whether a cheap rung orders configurations as the full training does.

A few configurations, the audit, are trained to the end whatever their rungs say. The
lowest rung at which their order agrees with that at the end is trusted: nobody drops
out before it. Where none agrees, more are audited, one after the other; so where
rungs mislead, the search becomes a random one that trains everybody to the end. A
higher rung is dearer to trust, and is trusted only when as much was spent on audits.
In the end the rungs must not have missed the best: if an audited configuration that
they would have dropped beats all that they chose, the audit goes on, too.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Sequence

from scipy import stats

from tuner_component.strategies import rungs
from tuner_component.strategies.brackets import Bracket, Rung
from tuner_component.trial import Trial, TrialState

NUM_AUDITED = 3
"""Configurations that get the full training whatever their rungs say, at least."""
_LEAST_CONFIGURATIONS = 18
"""Smaller brackets are not watched: the audit would cost more than they do."""
_LEAST_AGREEMENT = 0.4
"""A rung is trusted if Kendall's tau is above. So three must be in the very same order:
by chance one in six are, while half have at most one pair out of order."""


@dataclasses.dataclass(frozen=True)
class Division:
    """Who is audited, and who may drop out.

    Attributes:
        audited: Trials that are trained to the end, in this order.
        bracket: What the others follow; nobody drops out up to the trusted rung.
        members: The others.
        trusted: Index of the rung; None as long as none is.
    """

    audited: Sequence[Trial]
    bracket: Bracket
    members: Sequence[Trial]
    trusted: int | None


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
    return number >= _LEAST_CONFIGURATIONS and len(bracket.rungs) > 1


def guarded(
    bracket_of: Callable[[int], Bracket],
    number: int,
    limit: int | None,
    *,
    guard: bool,
) -> tuple[Bracket, ...]:
    """Returns a bracket, behind its audit where there is to be one.

    Args:
        bracket_of: How many start -> the bracket.
        number: How many are to start in it.
        limit: Configurations at most, those of the audit included; None for no
            limit.
        guard: Whether there is an audit where it is worth it.
    """
    audited = guard and is_worth_it(bracket_of(number), limit)
    if limit is not None:
        number = min(number, limit - (NUM_AUDITED if audited else 0))
    bracket = bracket_of(number)
    return (of(bracket), bracket) if audited else (bracket,)


def of(bracket: Bracket) -> Bracket:
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
            (_loss(trial, resource), _loss(trial, full)) for trial in trials
        )
        if here is not None and there is not None
    ]
    return _tau(tuple(pairs)) if len(pairs) > 1 else None


@functools.lru_cache(maxsize=1_000)
def _tau(pairs: tuple[tuple[float, float], ...]) -> float | None:
    tau = float(stats.kendalltau(*zip(*pairs, strict=True)).statistic)
    return None if math.isnan(tau) else tau


def divided(
    bracket: Bracket, audited: Sequence[Trial], members: Sequence[Trial]
) -> Division:
    """Returns who is audited by now, and what the others follow.

    Until the first audit is complete the others follow the bracket as it is planned.

    Args:
        bracket: The bracket that is watched.
        audited: Trials of the first audit.
        members: Trials of the bracket; the first of them are audited next.
    """
    trials = [*audited, *members]
    full = bracket.rungs[-1].resource
    fewest, most = len(audited), len(audited) + bracket.num_configurations
    for size in range(fewest, most + 1):
        sample = trials[:size]
        if len(sample) < size or any(_loss(trial, full) is None for trial in sample):
            break
        for index in range(len(bracket.rungs) - 1):
            wide = _amended(bracket, index, most - size)
            planned = bracket.total_resource + (size - fewest) * full
            if wide.total_resource > planned and index > 0:
                break
            tau = agreement(sample, bracket.rungs[index].resource, full)
            if tau is not None and tau <= _LEAST_AGREEMENT:
                continue
            if _is_beaten(wide, trials[size:], sample):
                break
            return Division(sample, wide, trials[size:], index)
    else:
        size = most
    if size == fewest:
        return Division(audited, bracket, members, None)
    return Division(trials, bracket, [], None)


def verdict(
    bracket: Bracket, audited: Sequence[Trial], members: Sequence[Trial], resource: str
) -> str:
    """Returns what the audit found, for people.

    Args:
        bracket: The bracket that is watched.
        audited: Trials of the first audit.
        members: Trials of the bracket.
        resource: What is spent: `"epochs"`, ...
    """
    division = divided(bracket, audited, members)
    number = len(division.audited)
    if division.trusted is None:
        full = bracket.rungs[-1].resource
        return (
            f"the order before {full:g} {resource} disagrees with that at the end, so "
            "nobody was dropped until then"
        )
    step = bracket.rungs[division.trusted].resource
    if division.trusted == 0:
        text = f"the order after {step:g} {resource} agrees with that at the end"
    else:
        text = (
            f"the order before {step:g} {resource} disagrees with that at the end, so "
            "nobody was dropped until then"
        )
    return f"{text}, as {number} configurations show that were trained to the end"


def _amended(bracket: Bracket, trusted: int, number: int) -> Bracket:
    """Returns the bracket for fewer configurations, of which all pass some rungs."""
    wide = (
        Rung(
            number if index <= trusted else min(rung.num_configurations, number),
            rung.resource,
        )
        for index, rung in enumerate(bracket.rungs)
    )
    return Bracket(tuple(wide), bracket.reduction_factor)


def _is_beaten(
    bracket: Bracket, members: Sequence[Trial], sample: Sequence[Trial]
) -> bool:
    """Returns whether the rungs missed the best: one of the sample that they drop.

    False until the bracket is complete.
    """
    if len(members) < bracket.num_configurations:
        return False
    full = bracket.rungs[-1].resource
    best = min(sample, key=lambda trial: _known(trial, full))
    alive, is_dropped = list(members), False
    for rung, above in itertools.pairwise(bracket.rungs):
        if any(_loss(trial, rung.resource) is None for trial in alive):
            return False
        alive.sort(key=lambda trial: (_known(trial, rung.resource), trial.number))
        if above.num_configurations < len(alive):
            alive = alive[: above.num_configurations]
            last = _known(alive[-1], rung.resource)
            is_dropped |= _known(best, rung.resource) > last
    if any(_loss(trial, full) is None for trial in alive):
        return False
    chosen = min((_known(trial, full) for trial in alive), default=math.inf)
    return is_dropped and _known(best, full) < chosen


def _known(trial: Trial, resource: float) -> float:
    loss = _loss(trial, resource)
    return math.inf if loss is None else loss


def _loss(trial: Trial, resource: float) -> float | None:
    """Returns the loss at a rung, infinite for one that failed before.

    One that was given up as hopeless keeps the loss that it had.
    """
    loss = rungs.loss_at(trial, resource)
    if loss is None and trial.state is TrialState.STOPPED:
        return trial.loss
    return math.inf if loss is None and trial.state is TrialState.FAILED else loss
