"""Synchronous brackets: who goes on is decided when a rung is complete."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from tuner_component.strategies import audit, brackets, rungs
from tuner_component.strategies.base import (
    Action,
    Done,
    Promote,
    Strategy,
    Suggest,
    Wait,
)
from tuner_component.strategies.brackets import Bracket
from tuner_component.strategies.plan import Plan
from tuner_component.trial import Fidelity, Trial, TrialState

_BRACKET, _RESOURCES = "bracket", "rungs"
"""Say of a trial which bracket it is of. Where the space has grown, or more trials are
allowed, the plan is another one, whose brackets may have other rungs."""

_Filled = tuple[Bracket, list[Trial]]
"""A bracket and its trials."""


class Synchronous:
    """Fills brackets one after the other, and promotes the best of their rungs.

    Nobody waits for a rung while a later bracket has room: its configurations start
    already. A trial that is among the best whatever the others will do goes on at
    once. A failed trial is the worst of its rung; an infeasible one is replaced.

    Args:
        plan: The brackets.
        proposals: What fills the lowest rungs.
        audited: Whether the first bracket is the audit of the second one.

    Attributes:
        plan: What will be spent.
    """

    def __init__(
        self, plan: Plan, proposals: Strategy, *, audited: bool = False
    ) -> None:
        self.plan = plan
        self._proposals = proposals
        self._audited = audited
        # That of an audit, of which nobody drops out, is 1.
        self._reduction_factor = plan.brackets[int(audited)].reduction_factor

    @property
    def num_configurations(self) -> int:
        """How many configurations are planned."""
        return self.plan.num_configurations

    def propose(self, history: Sequence[Trial], count: int) -> Sequence[Action]:
        """Returns promotions and new configurations; each one counts for the next."""
        return rungs.one_by_one(history, count, self._next)

    def keeps(self, history: Sequence[Trial]) -> list[str]:
        """Returns the ids of the trials that may still be promoted."""
        filled = self._filled(history)
        watched = 2 if self._audited else 0
        return [
            *(
                trial.trial_id
                for _, members in filled[:watched]
                for trial in members
                if trial.state is TrialState.PAUSED
            ),
            *(
                trial.trial_id
                for bracket, members in filled[watched:]
                for climb in _climbs(bracket, members)
                for trial in climb.possible
            ),
        ]

    def _next(self, trials: Sequence[Trial]) -> Action:
        filled = self._filled(trials)
        promotion = self._promotion(filled)
        if promotion:
            return promotion
        for index, (bracket, members) in enumerate(filled):
            if len(members) < bracket.num_configurations:
                action = self._suggestion(trials, index, bracket)
                if not isinstance(action, Done):
                    return action
                break
        # A bracket that the space cannot fill is one with fewer configurations.
        filled = self._filled(trials, cut=True)
        promotion = self._promotion(filled)
        members = [trial for _, some in filled for trial in some]
        running = any(trial.state is TrialState.PENDING for trial in members)
        return promotion or (Wait() if running else self._done(filled))

    def _filled(self, trials: Sequence[Trial], *, cut: bool = False) -> list[_Filled]:
        """Returns the brackets that have trials and the next one; earlier plans' last.

        Args:
            trials: All so far.
            cut: Whether there are no more configurations than those.
        """
        members: dict[tuple[Any, ...], list[Trial]] = {}
        for trial in trials:
            if trial.state is not TrialState.INFEASIBLE:
                members.setdefault(self._place(trial), []).append(trial)
        # Those without rungs are from elsewhere.
        earlier = {
            place: some
            for place, some in members.items()
            if len(place) > 1 and not self._is_own(place)
        }
        room = self.plan.num_configurations - sum(map(len, earlier.values()))
        filled: list[_Filled] = []
        for index, bracket in enumerate(self.plan.brackets):
            some = members.get((index, *bracket.resources), [])
            number = max(min(bracket.num_configurations, room), len(some))
            room -= number
            number = len(some) if cut else number
            if number:
                filled.append((bracket.cut(number), some))
            if not some:
                break
        return filled + [
            (brackets.of(len(some), place[1:], self._reduction_factor), some)
            for place, some in earlier.items()
        ]

    def _place(self, trial: Trial) -> tuple[Any, ...]:
        """Returns the index of a trial's bracket, and the resources of its rungs."""
        index = trial.note.get(_BRACKET)
        return (index, *trial.note.get(_RESOURCES, self._resources(index)))

    def _is_own(self, place: tuple[Any, ...]) -> bool:
        index, *resources = place
        return bool(resources) and self._resources(index) == tuple(resources)

    def _resources(self, index: object) -> tuple[float, ...]:
        if isinstance(index, int) and index < len(self.plan.brackets):
            return self.plan.brackets[index].resources
        return ()

    def _promotion(self, filled: Sequence[_Filled]) -> Promote | None:
        if self._audited and len(filled) > 1:
            (_, audited), (bracket, watched) = filled[:2]
            division = audit.divided(bracket, audited, watched)
            for trial in division.audited:
                if trial.state is TrialState.PAUSED:
                    return Promote(trial.trial_id, self._above(bracket, trial))
            filled = [(division.bracket, list(division.members)), *filled[2:]]
        for bracket, members in filled:
            for climb in reversed(list(_climbs(bracket, members))):
                for trial in climb.certain:
                    return Promote(trial.trial_id, self._fidelity(climb.resource))
        return None

    def _suggestion(
        self, trials: Sequence[Trial], index: int, bracket: Bracket
    ) -> Action:
        (action,) = self._proposals.propose(trials, 1)
        if not isinstance(action, Suggest):
            return action
        return dataclasses.replace(
            action,
            fidelity=self._fidelity(bracket.rungs[0].resource),
            note={
                **action.note,
                _BRACKET: index,
                _RESOURCES: list(bracket.resources),
            },
        )

    def _above(self, bracket: Bracket, trial: Trial) -> Fidelity:
        """Returns the fidelity of the next rung of a paused trial."""
        steps = (rung.resource for rung in bracket.rungs)
        return self._fidelity(next(r for r in steps if not rungs.has_entered(trial, r)))

    def _fidelity(self, resource: float) -> Fidelity:
        return Fidelity(self.plan.resource, resource, self.plan.max_resource)

    def _done(self, filled: Sequence[_Filled]) -> Done:
        members = [trial for _, some in filled for trial in some]
        spent = sum(map(rungs.spent, members))
        planned = self.plan.num_configurations
        text = f"{len(members)} configurations got {spent:g} {self.plan.resource}"
        if len(members) < planned:
            text += f"; there are no more, the plan had room for {planned}"
        if self._audited and len(filled) > 1:
            (_, audited), (bracket, watched) = filled[:2]
            text += "; " + audit.verdict(bracket, audited, watched, self.plan.resource)
        return Done(text)


@dataclasses.dataclass(frozen=True)
class _Climb:
    """Who goes on from one rung to the next.

    Attributes:
        resource: What the next rung gives.
        certain: Paused trials that belong to the next rung, best first.
        possible: Paused trials that may come to belong to it.
    """

    resource: float
    certain: Sequence[Trial]
    possible: Sequence[Trial]


def _climbs(bracket: Bracket, members: Sequence[Trial]) -> Iterator[_Climb]:
    expected = bracket.num_configurations
    for rung, above in zip(bracket.rungs, bracket.rungs[1:], strict=False):
        here = [t for t in members if rungs.has_entered(t, rung.resource)]
        ranked = rungs.ended_at(here, rung.resource)
        waiting = [t for _, t in ranked if rungs.can_go_on(t, above.resource)]
        promoted = sum(rungs.has_entered(t, above.resource) for t in here)
        room = above.num_configurations - promoted
        num_open = max(expected, len(here)) - len(ranked)
        certain = max(room - num_open, 0)
        yield _Climb(above.resource, waiting[:certain], waiting[: max(room, 0)])
        expected = above.num_configurations
        if not num_open:
            expected = min(expected, promoted + len(waiting))
