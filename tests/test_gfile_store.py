from __future__ import annotations

import itertools
import os

import pytest

from tests.contracts.journal_contract import JournalContract

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tuner_component.errors import PreflightError
from tuner_component.evaluation import Outcome
from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.journal import ObjectJournal
from tuner_component.outcome_file import write_outcome
from tuner_component.strategies.base import Suggest
from tuner_component.study import Study, StudyLimits
from tuner_component.study.home import open_home
from tuner_component.trial import Objective

_numbers = itertools.count()


def new_store() -> GfileStore:
    return GfileStore(f"ram://gfile_store_{next(_numbers)}/study")


class TestJournalOnGfile(JournalContract):
    def create(self):
        return new_store()

    def open(self, place):
        return ObjectJournal(place)

    def last_size(self, place):
        return len(place.read(self._last(place)))

    def tear(self, place, num_bytes):
        place.write(self._last(place), place.read(self._last(place))[:num_bytes])

    def positions(self, place):
        names = [f"records/{name}" for name in place.list("records")]
        return [
            (number, (name, byte))
            for number, name in enumerate(names)
            for byte in range(len(place.read(name)))
        ]

    def flip(self, place, key):
        name, byte = key
        data = place.read(name)
        place.write(name, data[:byte] + bytes([data[byte] ^ 1]) + data[byte + 1 :])
        return lambda: place.write(name, data)

    def _last(self, place):
        return f"records/{place.list('records')[-1]}"


def test_objects_are_listed_read_and_deleted():
    store = new_store()
    assert store.list("a") == []
    store.write("a/2", b"two")
    store.write("a/1", b"one")
    store.write("a/b/3", b"three")
    assert store.list("a") == ["1", "2", "b"]
    assert store.read("a/1") == b"one"
    store.delete("a/1")
    store.delete("a/b")
    store.delete("a/gone")
    assert store.list("a") == ["2"]


def test_a_new_object_goes_over_no_other():
    store = new_store()
    store.write_new("x", b"1")
    with pytest.raises(FileExistsError):
        store.write_new("x", b"2")
    assert store.read("x") == b"1"
    store.write("x", b"3")
    assert store.read("x") == b"3"


def test_what_fails_is_an_os_error():
    with pytest.raises(FileNotFoundError):
        new_store().read("x")
    with pytest.raises(OSError, match="unknownscheme"):
        GfileStore("unknownscheme://bucket/study").write("x", b"1")


def test_a_scheme_makes_a_path_remote():
    assert is_remote("gs://bucket/x")
    assert not is_remote("/srv/x")


class Counting:
    """Proposes the number of the trial."""

    def propose(self, history, count):
        start = len(history)
        return [Suggest({"x": number}) for number in range(start, start + count)]


def test_a_study_lives_on_a_remote_file_system():
    root = f"ram://study_{next(_numbers)}/studies"
    objective, limits = Objective("score", "max"), StudyLimits(max_trials=3)
    with open_home(root, {"space": "a"}) as home:
        study = Study.open(home, Counting(), objective, limits)
        first, second, third = study.ask(3)
        for job in (first, second, third):
            GfileStore(job.folder).write("weights", b"w")
        study.tell(Outcome(first.trial_id, 0, {"score": 1.0}))
        study.tell(Outcome(second.trial_id, 0, {"score": 2.0}))
        write_outcome(third.folder, Outcome(third.trial_id, 0, {"score": 1.5}))
    with open_home(root, {"space": "a"}) as home:
        assert home.message.endswith("-0 with 2 ended trials.")
        study = Study.open(home, Counting(), objective, limits)
        assert [trial.score for trial in study.trials] == [1.0, 2.0, 1.5]
        study.prune_checkpoints()
        assert GfileStore(first.folder).list("") == []
        assert GfileStore(second.folder).list("") == ["weights"]
        assert GfileStore(third.folder).list("") == ["outcome.json"]
    with open_home(root, {"space": "b"}) as home:
        assert home.message.startswith("New study.")


def test_a_root_of_an_unknown_scheme_is_said_before_anything_runs():
    with (
        pytest.raises(PreflightError, match="unknownscheme"),
        open_home("unknownscheme://bucket", {"space": "a"}),
    ):
        pass
