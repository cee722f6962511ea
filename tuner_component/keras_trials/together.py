"""Trains several configurations of a user's `build_model(hp)` at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from tuner_component import training
from tuner_component.evaluation import Evaluation, Evaluator, Job, Report
from tuner_component.keras_trials import evaluating, fidelities, training_state
from tuner_component.keras_trials.evaluating import Begun
from tuner_component.model_code import ModelCode
from tuner_component.trial import Measurement

_LEAST_STEPS = 50_000
"""Making their graph takes some seconds, which fewer steps do not save."""
_logger = logging.getLogger(__name__)


class KerasEvaluation:
    """The evaluator of a `build_model` that returns Keras models.

    Args:
        code: The user's model and data.
        least_steps: Of all jobs that are handed over at once; with fewer in all, each
            trains alone.
    """

    def __init__(self, code: ModelCode, least_steps: int = _LEAST_STEPS) -> None:
        self._code, self._least_steps = code, least_steps
        self._alone: Evaluator = evaluating.make_evaluator(code)

    def __call__(self, job: Job, report: Report) -> Evaluation:
        """Trains and scores one configuration."""
        return self._alone(job, report)

    def together(
        self, jobs: Sequence[Job], report: Callable[[Job, Measurement], None]
    ) -> Iterator[tuple[Job, Callable[[], Evaluation]]]:
        """Trains those that can be trained at once; see `evaluation.Together`.

        The result is that of a training of its own, up to rounding.
        """
        steps = sum(evaluating.num_steps(self._code, job) for job in jobs)
        if steps < self._least_steps:
            return
        begin, begun, settings = self._begun(report), {}, []
        for one in filter(None, map(begin, jobs)):
            begun[id(one.model)] = one
            settings.append(training.settings())
        if any(found != settings[-1] for found in settings):
            training.alone("the model code sets something in keras.config for each")
            return
        members = [m for m in map(_member, begun.values()) if m is not None]
        for group in training.groups_of(members):
            if len(group) == 1:
                continue
            if reason := training.fit_together(group):
                training.alone(reason)
                continue
            for member in group:
                one = begun[id(member.model)]
                yield one.job, _end(one, member)

    def _begun(
        self, report: Callable[[Job, Measurement], None]
    ) -> Callable[[Job], Begun | None]:
        """What fails here fails again alone, and is reported there."""

        def begin(job: Job) -> Begun | None:
            if fidelities.is_reduced(job):
                return None
            try:
                earlier = training_state.read(job)
                epochs = training_state.epochs_of(job)
                if earlier and epochs is not None and earlier.is_enough_for(epochs):
                    return None
                return evaluating.begin(
                    self._code, job, lambda measured: report(job, measured), earlier
                )
            except Exception as error:  # noqa: BLE001
                _logger.info("Trial %s trains alone: %s", job.trial_id, error)
                return None

        return begin


def _member(begun: Begun) -> training.Member | None:
    plan, reason = evaluating.graph_plan(begun)
    if "train_seconds" in begun.job.further_objectives:
        reason = "an objective is the time of a training"
    if plan is None or reason:
        training.alone(reason)
        return None
    needs = "weights" if begun.reads_weights else training.needs_of(begun.callbacks)
    callbacks = [*begun.callbacks, begun.watch]
    member = training.Member(begun.model, plan, callbacks, needs)
    begun.watch.weights_of = lambda _: member.weights()
    return member


def _end(begun: Begun, member: training.Member) -> Callable[[], Evaluation]:
    def end() -> Evaluation:
        if member.error is not None:
            raise member.error
        return evaluating.end(begun)

    return end
