"""Whether a training that goes on can still become the best: the stopping rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tuner_component.estimators.learning_curve import chance_to_beat
from tuner_component.evaluation import Job
from tuner_component.trial import Measurement, Objective, is_finite


class CurveStopping:
    """Follows one training by its job's `StoppingRule`.

    Args:
        job: Whose training it is.
        full: Epochs of the full training, those of all rungs; None: nobody knows,
            and the training is never given up.
    """

    def __init__(self, job: Job, full: float | None) -> None:
        self._rule, self._full = job.stopping, full
        self._objective = Objective(
            job.objective, "min" if job.direction == "min" else "max"
        )

    def stop(self, model: Any, measurements: Sequence[Measurement]) -> str:
        """Ends the training of a Keras model after these measurements, or does not.

        Returns:
            What `reason` does; "" also where the training ends for another reason.
        """
        if getattr(model, "stop_training", True):
            return ""
        reason = self.reason(measurements)
        if reason:
            model.stop_training = True
        return reason

    def reason(self, measurements: Sequence[Measurement]) -> str:
        """Returns why to stop after these measurements, for people; "" to go on.

        A pure function, so that a repeated attempt stops where the first one did.

        Args:
            measurements: The whole curve until now, oldest first.
        """
        rule, full = self._rule, self._full
        if rule is None or full is None or not measurements:
            return ""
        reached = measurements[-1].resource
        scores = [each.metrics.get(self._objective.name) for each in measurements]
        losses = [
            self._objective.loss(s) for s in scores if is_finite(s) and s is not None
        ]
        if reached >= full or len(losses) < len(measurements):
            return ""
        resources = [each.resource for each in measurements]
        chance = chance_to_beat(resources, losses, full, rule.loss_to_beat)
        if chance >= rule.least_chance:
            return ""
        best = self._objective.loss(rule.loss_to_beat)
        return (
            f"after {reached:g} of {full:g} epochs its chance to beat "
            f"{self._objective.name} {best:.5g} by the end was {chance:.2g}, less than "
            f"{rule.least_chance:g}"
        )
