"""The rounds of a search as the stages of one pipeline."""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from tuner_component.engines.beam.order import Order
from tuner_component.engines.beam.stages import OUTCOME, STATE, Advance, Evaluate
from tuner_component.engines.beam.state import State, tickets


class SearchRounds(beam.PTransform):
    """Goes on with a search for so many rounds.

    Apply it to a pipeline; it returns a collection of the last round's outcomes, each
    as JSON. Proposals, rungs and brackets are decided between the rounds by the
    order's proposer; a round that has nothing to do takes no time.

    Args:
        order: What the workers do.
        state: Where the search stands; its jobs are the first round.
        num_rounds: Rounds at most, >= 1.
    """

    def __init__(self, order: Order, state: State, num_rounds: int) -> None:
        super().__init__()
        self._order, self._state, self._num_rounds = order, state, num_rounds

    def expand(self, pipeline: Any) -> Any:
        """Returns the outcomes of the last round."""
        state = pipeline | "Begin" >> beam.Create([self._state.to_json()])
        for number in range(self._num_rounds - 1):
            outcomes = state | f"Round{number}" >> _Evaluation(self._order)
            state = (state, outcomes) | f"After{number}" >> _Proposal(self._order)
        return state | f"Round{self._num_rounds - 1}" >> _Evaluation(self._order)


class _Evaluation(beam.PTransform):
    """Runs the jobs of a state and returns their outcomes."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order

    def expand(self, state: Any) -> Any:
        return (
            state
            | "Deal" >> beam.FlatMap(tickets).with_output_types(str)
            | "Spread" >> beam.Reshuffle()
            | "Evaluate" >> beam.ParDo(Evaluate(self._order)).with_output_types(str)
        )


class _Proposal(beam.PTransform):
    """Returns the next state from a state and the outcomes of its round."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._order = order

    def expand(self, collections: Any) -> Any:
        state, outcomes = collections
        keyed = tuple[int, str]
        states = state | "State" >> beam.Map(_tagged_state).with_output_types(keyed)
        ended = outcomes | "End" >> beam.Map(_tagged_outcome).with_output_types(keyed)
        return (
            (states, ended)
            | "Meet" >> beam.Flatten()
            | "Collect" >> beam.GroupByKey()
            | "Propose" >> beam.ParDo(Advance(self._order)).with_output_types(str)
        )


def _tagged_state(text: str) -> tuple[int, str]:
    return 0, STATE + text


def _tagged_outcome(text: str) -> tuple[int, str]:
    return 0, OUTCOME + text
