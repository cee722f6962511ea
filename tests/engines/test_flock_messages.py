from __future__ import annotations

import ast
import dataclasses
import math
import os
import time
from pathlib import Path

import pytest

from tests.engines.flocks import HASTY, make_setup
from tuner_component.engines.base import Measured, Started
from tuner_component.engines.flock import identity, layout, messages, roster
from tuner_component.engines.flock.layout import Term
from tuner_component.engines.flock.lease import Lease
from tuner_component.engines.flock.messages import Kind, Note
from tuner_component.engines.flock.timing import Pace, Silence, Timing
from tuner_component.engines.limits import TrialLimits
from tuner_component.errors import EngineError
from tuner_component.evaluation import Job, Outcome
from tuner_component.trial import Fidelity, Measurement, Reason, TrialError

TERM = Term(7, "0123abcd")
JOB = Job(
    "t0", {"units": 8, "../x": "\x00"}, 0, 1, "gs://bucket/trials/t0", "loss", "min"
)


def test_messages_come_back_as_they_were():
    setup = make_setup(
        HASTY,
        settings={"a": [1, None]},
        libraries=("json",),
        limits=TrialLimits(1.0, 2),
    )
    assert messages.read_setup(messages.write_setup(setup)) == setup
    job = dataclasses.replace(JOB, fidelity=Fidelity("epochs", 3, 9))
    assert messages.read_job(messages.write_job(job)) == job
    notes = [
        Note(Kind.JOINED, slots=2, holding=("t0", "t1")),
        Note(Kind.MEASURED, 3, measurement=Measurement(1, {"loss": math.inf})),
        Note(Kind.OUTCOME, 3, outcome=Outcome("t0", 0, error=TrialError(Reason.TIMEOUT, "x"))),
    ]  # fmt: skip
    assert messages.read_notes(messages.write_notes(notes)) == notes


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff", b'{"a": NaN}', b'{"trial_id": "t0"}', b"\x80\x04N."],
)
def test_what_is_no_message_is_said(data):
    with pytest.raises(EngineError):
        messages.read_job(data)
    with pytest.raises(EngineError):
        messages.read_setup(data)
    with pytest.raises(EngineError):
        messages.read_notes(data)


def test_another_release_is_said():
    with pytest.raises(EngineError, match="same release"):
        messages.read_setup(b'{"version": 2, "setup": {}}')


@pytest.mark.parametrize("name", ["", "..", "a/b", "../../etc", "a\x00", "a" * 65, "é"])
def test_no_name_leads_out_of_the_folder(name):
    with pytest.raises(EngineError, match="expected 1 to 64"):
        layout.new_member(name)
    with pytest.raises(EngineError, match="expected 1 to 64"):
        messages.read_job(messages.write_job(dataclasses.replace(JOB, trial_id=name)))


@pytest.mark.parametrize("folder", ["../t0", "/srv/../etc", "gs://bucket/../t0"])
def test_no_folder_leads_out_of_itself(folder):
    with pytest.raises(EngineError, match="without"):
        messages.read_job(messages.write_job(dataclasses.replace(JOB, folder=folder)))
    heir = messages.write_job(dataclasses.replace(JOB, parent_folder=folder))
    with pytest.raises(EngineError, match="without"):
        messages.read_job(heir)


def test_other_names_in_the_folder_are_passed_over():
    strange = ["x", "../w0.0123abcd.beat-000000001", "w0.beat-1", ".setup", "b" * 999]
    assert layout.read_lead(strange) is None
    assert layout.read_signs(strange, TERM) == layout.Signs({}, {}, [])
    assert layout.outdated_leads(strange, TERM) == []


def test_names_say_what_they_mean():
    member = layout.new_member("w0")
    names = [
        layout.setup_name(TERM),
        layout.lead_beat_name(TERM, 3),
        layout.lead_beat_name(TERM, 4),
        layout.cancel_name(TERM, member, 5),
        layout.setup_name(Term(6, "ffffffff")),
        layout.ended_name(Term(6, "ffffffff")),
    ]
    names = [name.removeprefix("lead/") for name in names]
    assert layout.read_lead(names) == layout.Lead(TERM, 4, False, {member: {5}})
    assert len(layout.outdated_leads(names, TERM)) == 2
    ended = layout.ended_name(TERM).removeprefix("lead/")
    assert layout.read_lead([*names, ended]).ended
    old = layout.mail_name(member, Term(6, "ffffffff"), 0).removeprefix("up/")
    mail = layout.mail_name(member, TERM, 9).removeprefix("up/")
    beat = layout.beat_name(member, 2).removeprefix("up/")
    signs = layout.read_signs([old, mail, beat], TERM)
    assert signs == layout.Signs({member: 2}, {member: {9}}, [f"up/{old}"])


def test_the_next_term_is_above_all_others():
    names = [layout.setup_name(TERM).removeprefix("lead/")]
    assert layout.new_term(names) > TERM
    assert layout.new_term([]).number == 0


def test_an_observers_own_absence_is_nobodys_silence():
    now = [0.0]
    silence = Silence(5.0, clock=lambda: now[0])
    assert silence.look(1) == 0.0
    for seconds, expected in [(3.0, 3.0), (100.0, 8.0), (2.0, 10.0)]:
        now[0] += seconds
        assert silence.look(1) == expected
    assert silence.look(2) == 0.0


def test_pauses_grow_to_the_longest_until_there_is_news():
    timing = Timing(shortest_poll_seconds=0.1, longest_poll_seconds=0.3)
    pace = Pace(timing)
    pauses = [pace.pause() for _ in range(5)]
    assert pauses[0] == 0.1
    assert pauses == sorted(pauses)
    assert pauses[-2:] == [0.3, 0.3]
    pace.quicken()
    assert pace.pause() == 0.1


@pytest.mark.parametrize(
    "options",
    [
        {"beat_seconds": 0.0},
        {"beat_seconds": 5.0, "lease_seconds": 14.0},
        {"shortest_poll_seconds": 0.0},
        {"longest_poll_seconds": 0.001},
    ],
)
def test_timings_that_cannot_work_are_said(options):
    with pytest.raises(ValueError, match="expected"):
        Timing(**options)


def test_a_worker_ends_its_trials_before_they_are_given_away():
    assert Timing().lease_seconds < Timing().expiry_seconds < 60.0


def test_a_lease_runs_out(tmp_path):
    lease = Lease(str(tmp_path / "lease"))
    assert lease.has_run_out
    lease.extend(time.monotonic() + 1000.0)
    assert not lease.has_run_out
    lease.extend(time.monotonic())
    assert lease.has_run_out


def make_member(
    slots: int = 1, holding: tuple[str, ...] = (), name: str = "w0"
) -> roster.Member:
    member = roster.Member(f"{name}.01234567", Silence(1.0), is_awaited=False)
    member.take(Note(Kind.JOINED, slots=slots, holding=holding))
    return member


def test_an_outcome_belongs_to_the_trial_that_was_lent():
    member = make_member()
    number = member.lend(JOB)
    assert member.num_free == 0
    assert member.take(Note(Kind.STARTED, number)) == Started("t0", member.id)
    measurement = Measurement(1, {"loss": 1.0})
    note = Note(Kind.MEASURED, number, measurement=measurement)
    assert member.take(note) == Measured("t0", measurement)
    forged = Outcome("../../other", 99, {"loss": 1.0}, worker="x")
    outcome = member.take(Note(Kind.OUTCOME, number, outcome=forged))
    assert (outcome.trial_id, outcome.attempt) == ("t0", 1)
    assert outcome.worker == member.id
    assert member.num_free == 1
    assert member.take(Note(Kind.OUTCOME, number, outcome=forged)) is None


def test_what_was_taken_away_is_not_heard_of_again():
    member = make_member()
    number = member.lend(JOB)
    (lost,) = member.take_away("is gone").values()
    assert lost.error.reason is Reason.INFRASTRUCTURE
    assert lost.attempt == JOB.attempt
    assert member.take_away("is gone") == {}
    assert member.num_free == 0
    late = Note(Kind.OUTCOME, number, outcome=Outcome("t0", 1, {"loss": 1.0}))
    assert member.take(late) is None
    assert member.num_free == 1


def test_a_job_goes_to_who_has_it_or_has_most_room():
    holder, roomy = make_member(1, holding=("t0",)), make_member(3)
    lost = make_member(9)
    lost.is_lost = True
    members = [roomy, holder, lost]
    assert roster.choose(members, JOB) is holder
    holder.lend(JOB)
    assert roster.choose(members, JOB) is roomy
    assert roster.choose([holder, lost], JOB) is None


def test_a_job_that_broke_off_waits_for_another_if_there_is_one():
    bad, good = make_member(3), make_member(1, name="w1")
    assert roster.choose([bad, good], JOB, {bad.id}) is good
    assert roster.choose([bad], JOB, {bad.id}) is bad
    number = good.lend(JOB)
    assert roster.choose([bad, good], JOB, {bad.id}) is None
    assert roster.choose([bad, good], JOB, {bad.id, good.id}) is bad
    good.lent.pop(number)
    good.is_lost = True
    assert roster.choose([bad, good], JOB, {bad.id}) is bad


def cluster(task: object) -> str:
    return f'{{"cluster": {{"workerpool0": ["a"], "workerpool1": ["b", "c"]}}, "task": {task}}}'


@pytest.mark.parametrize(
    ("environment", "role"),
    [
        ({"CLUSTER_SPEC": cluster('{"type": "workerpool0", "index": 0}')},
         identity.Role("workerpool0-0", True, 2)),
        ({"CLUSTER_SPEC": cluster('{"type": "workerpool1", "index": 1, "trial": ""}')},
         identity.Role("workerpool1-1", False, 2)),
        ({"JOB_COMPLETION_INDEX": "0"}, identity.Role("worker-0")),
    ],
)  # fmt: skip
def test_a_process_knows_its_part(environment, role):
    assert identity.role_of(environment) == role


def test_a_worker_started_by_hand_has_a_name():
    role = identity.role_of({})
    assert not role.is_coordinator
    assert str(os.getpid()) in role.name
    assert layout.new_member(role.name).startswith(role.name)


@pytest.mark.parametrize(
    "environment",
    [
        {"CLUSTER_SPEC": "{"},
        {"CLUSTER_SPEC": "[]"},
        {"CLUSTER_SPEC": '{"cluster": {}}'},
        {"CLUSTER_SPEC": cluster("null")},
        {"CLUSTER_SPEC": cluster('{"type": "workerpool2", "index": 0}')},
        {"CLUSTER_SPEC": cluster('{"type": "workerpool1", "index": 2}')},
        {"CLUSTER_SPEC": cluster('{"type": "workerpool1", "index": -1}')},
        {"CLUSTER_SPEC": cluster('{"type": "workerpool1", "index": "x"}')},
        {"JOB_COMPLETION_INDEX": "../x"},
        {"JOB_COMPLETION_INDEX": "-1"},
    ],
)
def test_a_platform_that_is_not_understood_is_said(environment):
    with pytest.raises(EngineError, match="expected"):
        identity.role_of(environment)


def test_no_file_of_the_flock_unpickles():
    package = Path(layout.__file__).parent
    for path in [*package.glob("*.py"), package.parent.parent / "worker.py"]:
        tree = ast.parse(path.read_text())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {
            a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names
        }
        assert not names & {
            "pickle",
            "marshal",
            "shelve",
            "dill",
            "cloudpickle",
            "eval",
        }
