"""The loss above which nobody needs a trial's weights, so that none are written."""

from __future__ import annotations

import pytest

from tests.study.studies import MAX, Counting, Scripted, failed, opened, scored
from tuner_component.strategies.base import Suggest
from tuner_component.study import checkpoints
from tuner_component.trial import REPEAT_OF, Fidelity, Inheritance, Objective


class TestLossToKeep:
    def after(self, home, scores, strategy=None, objective=MAX, **limits):
        """Returns the limit that the next trial gets."""
        study = opened(home, strategy, objective, **limits)
        for score in scores:
            (job,) = study.ask(1)
            study.tell(failed(job) if score is None else scored(job, score))
        (job,) = study.ask(1)
        return job.loss_to_keep

    @pytest.mark.parametrize(
        ("keep", "scores", "loss"),
        [
            (1, [], None),
            (1, [None], None),
            (1, [3.0, 5.0, None, 4.0], -5.0),
            (2, [3.0, 5.0, None, 4.0], -4.0),
            (4, [3.0, 5.0, None, 4.0], None),
        ],
    )
    def test_it_is_that_of_the_last_of_the_best(self, home, keep, scores, loss):
        assert self.after(home, scores, keep_checkpoints=keep) == loss

    def test_a_study_that_goes_on_knows_it_too(self, home):
        assert self.after(home, [3.0, 5.0, 4.0], keep_checkpoints=2) == -4.0
        study = opened(home, keep_checkpoints=2)
        (job,) = study.ask(1)
        assert (job.trial_id, job.loss_to_keep) == ("0003", -4.0)

    def test_a_lower_score_is_of_use_where_low_is_good(self, home):
        objective = Objective("score", "min")
        assert self.after(home, [3.0, 5.0], objective=objective) == 3.0

    def test_a_strategy_that_needs_files_gets_them_all(self, home):
        assert self.after(home, [1.0], Counting(keeps=("0000",))) is None

    @pytest.mark.parametrize(
        "action",
        [
            Suggest({"x": 1}, fidelity=Fidelity("epochs", 1, 3)),
            Suggest({"x": 1}, inheritance=Inheritance()),
        ],
    )
    def test_what_goes_on_or_is_inherited_is_always_kept(self, home, action):
        strategy = Scripted(Suggest({"x": 0}))
        study = opened(home, strategy)
        study.tell(scored(study.ask(1)[0]))
        strategy.actions = (action,)
        (job,) = study.ask(1)
        assert job.loss_to_keep is None

    def test_a_repeat_is_no_limit_as_it_is_never_the_best(self, home):
        repeat = Suggest({"x": 0}, note={REPEAT_OF: "0000"})
        strategy = Scripted(Suggest({"x": 0}))
        study = opened(home, strategy)
        study.tell(scored(study.ask(1)[0], 1.0))
        strategy.actions = (repeat,)
        study.tell(scored(study.ask(1)[0], 2.0))
        assert study.ask(1)[0].loss_to_keep == -1.0

    @pytest.mark.parametrize("keep", [1, 3])
    def test_what_was_above_it_is_unneeded_when_it_ends(self, home, keep):
        study, num_above = opened(home, keep_checkpoints=keep), 0
        for _ in range(20):
            for job in reversed(study.ask(2)):
                trial = study.tell(scored(job, float(int(job.trial_id) * 7919 % 31)))
                gone = checkpoints.unneeded(study.trials, keep, ())
                if job.loss_to_keep is not None and trial.loss > job.loss_to_keep:
                    num_above += 1
                    assert job.trial_id in gone
        assert num_above > 20
