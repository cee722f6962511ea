"""Trials that are given up: what the study decides, journals and repeats."""

from __future__ import annotations

from tests.study.halving import Halving
from tests.study.studies import MIN, Place
from tuner_component.evaluation import Outcome
from tuner_component.pareto.ranking import ranked
from tuner_component.strategies.base import Promote, Suggest
from tuner_component.study import Study, StudyLimits
from tuner_component.trial import Fidelity, Measurement, StoppingRule, TrialState

CHANCE = 0.01


def opened(home, strategy, **limits):
    return Study.open(Place(home.folder), strategy, MIN, StudyLimits(**limits))


def ended(job, loss, stopped=""):
    curve = (Measurement(1, {"loss": loss}),)
    metrics = {"loss": loss}
    return Outcome(job.trial_id, job.attempt, metrics, curve, stopped=stopped)


class Endless:
    def propose(self, history, count):
        return [Suggest({"x": len(history) + n}) for n in range(count)]


def test_a_training_has_to_beat_the_incumbent_of_its_dispatch(home):
    study = opened(home, Endless(), least_chance=CHANCE)
    (first,) = study.ask(1)
    assert first.stopping is None
    study.tell(ended(first, 3.0))
    second, third = study.ask(2)
    assert second.stopping == third.stopping == StoppingRule(3.0, CHANCE)
    study.tell(ended(second, 1.0))
    (fourth,) = study.ask(1)
    assert fourth.stopping == StoppingRule(1.0, CHANCE)


def test_without_the_option_nobody_is_given_up(home):
    study = opened(home, Endless())
    study.tell(ended(study.ask(1)[0], 3.0))
    assert study.ask(1)[0].stopping is None


def test_a_repeated_attempt_has_the_same_rule(home):
    study = opened(home, Endless(), least_chance=CHANCE)
    study.tell(ended(study.ask(1)[0], 3.0))
    second, third = study.ask(2)
    study.tell(ended(third, 1.0))
    resumed = opened(home, Endless(), least_chance=CHANCE)
    (again,) = resumed.ask(1)
    assert again.trial_id == second.trial_id
    assert (again.attempt, again.stopping) == (1, second.stopping)


def test_a_stopped_trial_is_final_has_a_score_and_does_not_win(home):
    study = opened(home, Endless(), least_chance=CHANCE)
    study.tell(ended(study.ask(1)[0], 3.0))
    trial = study.tell(ended(study.ask(1)[0], 4.0, "hopeless"))
    assert trial.state is TrialState.STOPPED
    assert trial.state.is_final
    assert (trial.score, trial.loss, trial.stopped) == (4.0, 4.0, "hopeless")
    assert [t.trial_id for t in ranked(study.trials)] == ["0000", "0001"]
    assert study.best.trial_id == "0000"
    assert study.ask(1)[0].stopping.loss_to_beat == 3.0


def test_stopped_trials_are_there_after_a_restart(home):
    study = opened(home, Endless(), least_chance=CHANCE)
    study.tell(ended(study.ask(1)[0], 3.0))
    study.tell(ended(study.ask(1)[0], 4.0, "hopeless"))
    assert opened(home, Endless()).trials == study.trials


def test_a_rung_can_be_left_for_good(home):
    study = opened(home, Halving(), least_chance=CHANCE)
    jobs = study.ask(4)
    for number, job in enumerate(jobs):
        study.tell(ended(job, float(number), "hopeless" if number == 0 else ""))
    (promoted,) = study.ask(4)
    assert promoted.trial_id != jobs[0].trial_id
    assert study.trials[0].state is TrialState.STOPPED


class OneRung:
    """A trial that pauses, one with the full training, and then a promotion."""

    def propose(self, history, count):
        if not history:
            return [Suggest({"x": 0}, Fidelity("epochs", 1, 9))]
        if len(history) == 1:
            return [Suggest({"x": 1})]
        return [Promote("0000", Fidelity("epochs", 9, 9))]


def test_a_promotion_has_a_rule_of_its_own(home):
    study = opened(home, OneRung(), least_chance=CHANCE)
    for loss in (2.0, 1.0):
        (job,) = study.ask(1)
        assert job.stopping is None
        study.tell(ended(job, loss))
    (promoted,) = study.ask(1)
    assert (promoted.trial_id, promoted.stopping) == ("0000", StoppingRule(1.0, CHANCE))
    (again,) = opened(home, OneRung()).ask(1)
    assert again.stopping == promoted.stopping
