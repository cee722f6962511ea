import copy
import dataclasses
import json
import threading

import keras_tuner
import pytest
from keras_tuner.src.engine import oracle as oracle_module

from tests.keras_tuner_adapter.ask_and_tell import (
    added,
    completed,
    search,
    through_json,
)
from tuner_component.errors import PreflightError, StudyMismatchError
from tuner_component.keras_tuner_adapter.oracle_strategy import OracleStrategy
from tuner_component.strategies.base import Suggest, Wait
from tuner_component.trial import Objective, Reason, TrialError, TrialState

ORACLES = {
    "random": lambda **kw: keras_tuner.oracles.RandomSearchOracle(max_trials=9, **kw),
    "grid": lambda **kw: keras_tuner.oracles.GridSearchOracle(**kw),
    "bayesian": lambda **kw: keras_tuner.oracles.BayesianOptimizationOracle(
        max_trials=9, num_initial_points=3, **kw
    ),
    "hyperband": lambda **kw: keras_tuner.oracles.HyperbandOracle(max_epochs=9, **kw),
}
STOCK = pytest.mark.parametrize("kind", ORACLES)


def small_space():
    hp = keras_tuner.HyperParameters()
    hp.Choice("a", [1, 2, 3, 4])
    hp.Choice("b", ["x", "y", "z", "w"])
    return hp


def oracle(kind, **changes):
    arguments = {
        "objective": keras_tuner.Objective("val_loss", "min"),
        "hyperparameters": small_space(),
        "seed": 7,
    }
    return ORACLES[kind](**(arguments | changes))


def answer(trial):
    values = trial.values
    cost = abs(values["a"] - 2.2) + 0.3 * "xyzw".index(values["b"])
    return completed(trial, cost + 0.1 / values.get("tuner/epochs", 1))


def failed(trial, state=TrialState.FAILED):
    error = TrialError(Reason.USER_ERROR, "ValueError: no")
    return dataclasses.replace(trial, state=state, error=error)


def active_values(history):
    return {json.dumps(dict(trial.values), sort_keys=True) for trial in history}


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("random", 1000), ("grid", 1000), ("bayesian", 8), ("hyperband", 1000)],
)
def test_resumes_from_every_prefix(kind, limit):
    whole, reason = search(OracleStrategy(oracle(kind)), answer, max_trials=limit)
    for length in range(len(whole) + 1):
        resumed = OracleStrategy(oracle(kind))
        again = search(resumed, answer, history=whole[:length], max_trials=limit)
        assert again == (whole, reason)


@STOCK
@pytest.mark.parametrize("next_to_end", [0, -1], ids=["oldest", "newest"])
def test_resumes_a_parallel_search_from_every_prefix(kind, next_to_end):
    asked = []

    class Recorded(OracleStrategy):
        def propose(self, history, count):
            actions = super().propose(history, count)
            asked.append((history, count, actions))
            return actions

    search(Recorded(oracle(kind)), answer, slots=3, next_to_end=next_to_end)
    assert any(isinstance(actions[-1], Wait) for _, _, actions in asked)
    for history, count, actions in asked:
        again = OracleStrategy(oracle(kind)).propose(history, count)
        assert through_json(again) == through_json(actions)


@STOCK
def test_a_small_space_is_covered_without_duplicates(kind):
    history, reason = search(OracleStrategy(oracle(kind)), answer, slots=3)
    unique = {(t.values["a"], t.values["b"]) for t in history}
    assert len(unique) == 16
    assert len(active_values(history)) == len(history)
    assert "nothing more to propose" in reason


def test_random_and_grid_suggest_the_same_set_however_many_workers():
    for kind in ("random", "grid"):
        one, _ = search(OracleStrategy(oracle(kind)), answer)
        four, _ = search(OracleStrategy(oracle(kind)), answer, slots=4)
        assert active_values(one) == active_values(four)


@STOCK
def test_history_and_oracle_are_left_alone(kind):
    given = oracle(kind)
    before = copy.deepcopy(given.get_state())
    strategy = OracleStrategy(given)
    history, _ = search(strategy, answer, max_trials=5)
    snapshot = copy.deepcopy(history)
    strategy.propose(history, 2)
    assert history == snapshot
    assert given.get_state() == before
    assert not given.trials


@STOCK
def test_writes_and_prints_nothing(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = oracle(kind)
    given._set_project_dir(str(tmp_path), "project")
    answers = iter([failed, answer, answer] * 10)
    search(OracleStrategy(given), lambda t: next(answers)(t), max_trials=9, slots=2)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


@STOCK
def test_another_history_gives_what_a_fresh_strategy_gives(kind):
    strategy = OracleStrategy(oracle(kind))
    history, _ = search(strategy, answer, max_trials=6)
    for other in (
        history[:3],
        [*history[:2], failed(dataclasses.replace(history[2], metrics={}))],
        [],
    ):
        expected = OracleStrategy(oracle(kind)).propose(other, 2)
        assert through_json(strategy.propose(other, 2)) == through_json(expected)


@STOCK
def test_failed_and_infeasible_trials_do_not_end_the_search(kind):
    strategy = OracleStrategy(oracle(kind))
    history, _ = search(strategy, failed, max_trials=5)
    assert len(history) == 5
    history, _ = search(
        strategy, lambda t: failed(t, TrialState.INFEASIBLE), max_trials=5
    )
    assert len(history) == 5


def test_the_study_counts_trials_not_the_oracle():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=12)
    assert len(history) == 12
    raised = OracleStrategy(oracle("random", seed=7))
    raised._oracle.max_trials = 100
    more, _ = search(raised, answer, max_trials=14, history=history)
    assert more[:12] == history


def test_settings_of_the_oracle():
    strategy = OracleStrategy(oracle("random", max_consecutive_failed_trials=5))
    assert strategy.objective == Objective("val_loss", "min")
    assert strategy.max_trials == 9
    assert strategy.max_consecutive_failures == 5
    assert OracleStrategy(oracle("grid")).max_trials is None


def test_objectives_without_a_metric_of_their_own():
    assert OracleStrategy(oracle("random", objective=None)).objective == Objective(
        "default_objective", "min"
    )
    several = ["val_loss", keras_tuner.Objective("val_accuracy", "max")]
    strategy = OracleStrategy(oracle("random", objective=several))
    assert strategy.objective == Objective("multi_objective", "min")

    def both(trial):
        metrics = {"val_loss": 1.0, "val_accuracy": 0.25, "multi_objective": 0.75}
        return dataclasses.replace(completed(trial, 0.75), metrics=metrics)

    assert len(search(strategy, both, max_trials=4)[0]) == 4


@STOCK
def test_hyperparameters_found_in_a_trial_join_the_space(kind):
    def discovering(trial):
        hp = keras_tuner.HyperParameters.from_config(
            {"space": small_space().get_config()["space"], "values": {**trial.values}}
        )
        if trial.number >= 4:
            hp.Int("late", 1, 1000)
        report = {"hyperparameters": through_json(hp.get_config())}
        return completed(trial, trial.values["a"], report=report)

    def run(history=()):
        strategy = OracleStrategy(oracle(kind))
        return search(strategy, discovering, max_trials=14, history=history)[0]

    whole = run()
    assert ["late" in trial.values for trial in whole] == [False] * 5 + [True] * 9
    assert run(whole[:1]) == run(whole[:13]) == whole


def test_a_space_known_only_in_run_trial_waits_for_the_first_trial():
    strategy = OracleStrategy(
        oracle("random", hyperparameters=keras_tuner.HyperParameters())
    )
    first, second = strategy.propose([], 2)
    assert isinstance(first, Suggest)
    assert isinstance(second, Wait)
    trial = added([], first)
    report = {"hyperparameters": small_space().get_config()}
    ended = completed(trial, 1.0, report=through_json(report))
    (action,) = strategy.propose([ended], 1)
    assert set(action.values) == {"a", "b"}


def test_hyperband_with_an_empty_space_is_refused():
    with pytest.raises(PreflightError, match="empty search space"):
        OracleStrategy(
            oracle("hyperband", hyperparameters=keras_tuner.HyperParameters())
        )


def test_hyperband_promotes_with_a_parent_and_keeps_its_checkpoint():
    strategy = OracleStrategy(oracle("hyperband"))
    asked = []

    def watched(trial):
        asked.append(trial)
        return answer(trial)

    history, _ = search(strategy, watched)
    promoted = [trial for trial in history if "tuner/trial_id" in trial.values]
    assert promoted
    for trial in promoted:
        parent = next(
            t for t in history if t.trial_id == trial.note["parent"]["trial_id"]
        )
        assert trial.values["a"] == parent.values["a"]
        assert trial.values["tuner/initial_epoch"] == parent.values["tuner/epochs"]
        assert trial.note["parent"]["score"] == parent.score
        assert parent.trial_id in strategy.keeps(history[: trial.number])
        pending = dataclasses.replace(trial, state=TrialState.PENDING)
        assert parent.trial_id in strategy.keeps([*history[: trial.number], pending])
    last = history[: promoted[-1].number + 1]
    assert len(strategy.keeps(last)) < len(last)
    assert strategy.keeps([]) == set()


def test_only_hyperband_continues_trials():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=3)
    assert OracleStrategy(oracle("random")).keeps(history) == set()
    assert OracleStrategy(Counting(small_space())).keeps(history) == {
        trial.trial_id for trial in history
    }


class Counting(keras_tuner.Oracle):
    """A user's oracle with state of its own and a limit that it reads."""

    def __init__(self, hyperparameters):
        objective = keras_tuner.Objective("val_loss", "min")
        super().__init__(objective, 50, hyperparameters=hyperparameters, seed=1)
        self.count = 0

    def populate_space(self, trial_id):
        assert self.max_trials == 50
        self.count += 1
        if self.count > 8:
            raise RuntimeError("the count is over")
        return {"status": "RUNNING", "values": {"a": self.count % 4 + 1, "b": "x"}}

    def get_state(self):
        return {**super().get_state(), "count": self.count}

    def set_state(self, state):
        super().set_state(state)
        self.count = state["count"]


def test_an_oracle_of_the_users_own_resumes_from_its_state():
    whole, _ = search(OracleStrategy(Counting(small_space())), answer, max_trials=8)
    assert [trial.note["oracle_state"]["count"] for trial in whole] == list(range(1, 9))
    for length in range(8):
        resumed, _ = search(
            OracleStrategy(Counting(small_space())),
            answer,
            max_trials=8,
            history=whole[:length],
        )
        assert resumed == whole


def test_an_oracle_that_raises_leaves_no_lock_behind():
    strategy = OracleStrategy(Counting(small_space()))
    history, _ = search(strategy, answer, max_trials=8)
    with pytest.raises(RuntimeError, match="the count is over"):
        strategy.propose(history, 1)
    raised = []

    def again():
        try:
            strategy.propose(history, 1)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    thread.join(timeout=30)
    assert len(raised) == 1


def test_an_oracle_that_cannot_be_copied_is_refused():
    given = oracle("random")
    given.client = threading.Lock()
    with pytest.raises(PreflightError, match="cannot be copied"):
        OracleStrategy(given).propose([], 1)


def test_a_grid_that_has_changed_is_refused_with_the_difference():
    history, _ = search(OracleStrategy(oracle("grid")), answer, max_trials=4)
    space = keras_tuner.HyperParameters()
    space.Choice("a", [1, 2])
    changed = OracleStrategy(oracle("grid", hyperparameters=space))
    with pytest.raises(StudyMismatchError, match="no longer proposes"):
        changed.propose(history, 1)


def test_trials_of_another_strategy_are_refused():
    history, _ = search(OracleStrategy(oracle("random")), answer, max_trials=1)
    foreign = [dataclasses.replace(history[0], note={})]
    with pytest.raises(StudyMismatchError, match="no KerasTuner oracle proposed"):
        OracleStrategy(oracle("random")).propose(foreign, 1)


def test_replaced_oracles_do_not_stay_in_keras_tuners_tables():
    strategy = OracleStrategy(oracle("random"))
    history, _ = search(strategy, answer, max_trials=3)
    before = len(oracle_module.LOCKS)
    for _ in range(5):
        strategy.propose(history[:1], 1)
        strategy.propose(history, 1)
    assert len(oracle_module.LOCKS) <= before
