from __future__ import annotations

import itertools
import os

import pytest

from tests.contracts.journal_contract import JournalContract

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tuner_component.gfile_store import GfileStore, is_remote
from tuner_component.journal import ObjectJournal

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
