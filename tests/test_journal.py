from __future__ import annotations

import itertools
import os
import re
import zlib
from pathlib import Path

import pytest

from tests.contracts.journal_contract import RECORDS, JournalContract
from tuner_component.errors import JournalError
from tuner_component.journal import LocalJournal, ObjectJournal, open_journal


class MemoryStore:
    """An object store in a dict."""

    root = "memory://store"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def list(self, prefix):
        names = [n.removeprefix(f"{prefix}/") for n in self.objects]
        return sorted(name for name in names if "/" not in name)

    def read(self, name):
        return self.objects[name]

    def write_new(self, name, data):
        if name in self.objects:
            raise FileExistsError(name)
        self.objects[name] = data

    def delete(self, name):
        self.objects.pop(name, None)


class TestLocalJournal(JournalContract):
    @pytest.fixture(autouse=True, scope="class")
    def folder(self, request, tmp_path_factory):
        request.cls.folders = (
            tmp_path_factory.mktemp("journal") for _ in itertools.count()
        )

    def create(self) -> Path:
        return next(self.folders) / "study" / "journal.jsonl"

    def open(self, place):
        return LocalJournal(place)

    def last_size(self, place):
        return len(place.read_bytes().splitlines(keepends=True)[-1])

    def tear(self, place, num_bytes):
        os.truncate(place, place.stat().st_size - self.last_size(place) + num_bytes)

    def positions(self, place):
        lines = place.read_bytes().splitlines(keepends=True)
        owners = [number for number, line in enumerate(lines) for _ in line]
        return list(zip(owners, range(len(owners)), strict=True))

    def flip(self, place, key):
        data = place.read_bytes()
        place.write_bytes(data[:key] + bytes([data[key] ^ 1]) + data[key + 1 :])
        return lambda: place.write_bytes(data)

    def test_the_error_names_file_record_and_byte(self):
        place = self.filled()
        data = place.read_bytes()
        offset = data.index(b"\n") + 1
        place.write_bytes(data[: offset + 20] + b"?" + data[offset + 21 :])
        with pytest.raises(JournalError, match=f"Record 1 .*byte {offset}") as info:
            LocalJournal(place).read()
        assert info.value.location == str(place)
        assert (info.value.record, info.value.offset) == (1, offset)

    def test_truncated_at_every_byte_every_whole_record_survives(self):
        data = self.filled().read_bytes()
        place = self.create()
        place.parent.mkdir()
        for size in range(len(data) + 1):
            place.write_bytes(data[:size])
            whole = RECORDS[: data[:size].count(b"\n")]
            assert LocalJournal(place).read() == whole
            LocalJournal(place).append({"more": size})
            assert LocalJournal(place).read() == [*whole, {"more": size}]

    def test_the_form_on_disk(self):
        place = self.create()
        LocalJournal(place).append({"b": 1, "a": "é"})
        data = b'{"b":1,"a":"\\u00e9"}'
        assert place.read_bytes() == b"%08x %s\n" % (zlib.crc32(data), data)

    def test_a_short_write_is_repaired_by_the_next(self, monkeypatch):
        place = self.filled()
        journal = LocalJournal(place)
        write = os.write
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: write(file, data[:5]))
            with pytest.raises(JournalError, match="5 of 17 bytes"):
                journal.append({"a": 1})
        journal.append({"b": 2})
        assert LocalJournal(place).read() == [*RECORDS, {"b": 2}]

    def test_a_record_is_synced_before_append_returns(self, monkeypatch):
        place = self.filled()
        synced, fsync = [], os.fsync
        monkeypatch.setattr(
            os,
            "fsync",
            lambda file: (synced.append(place.stat().st_size), fsync(file)),
        )
        LocalJournal(place).append({"a": 1})
        assert synced == [place.stat().st_size]

    def test_a_folder_that_cannot_be_written_is_named(self, monkeypatch):
        place = self.filled()
        monkeypatch.setattr(os, "write", _full)
        with pytest.raises(JournalError, match=re.escape(str(place))):
            LocalJournal(place).append({"a": 1})


def _full(file, data):
    raise OSError(28, "No space left on device")


class TestObjectJournal(JournalContract):
    def create(self) -> MemoryStore:
        return MemoryStore()

    def open(self, place):
        return ObjectJournal(place)

    def last_size(self, place):
        return len(place.objects[max(place.objects)])

    def tear(self, place, num_bytes):
        name = max(place.objects)
        place.objects[name] = place.objects[name][:num_bytes]

    def positions(self, place):
        return [
            (number, (name, byte))
            for number, (name, data) in enumerate(sorted(place.objects.items()))
            for byte in range(len(data))
        ]

    def flip(self, place, key):
        name, byte = key
        data = place.objects[name]
        place.objects[name] = data[:byte] + bytes([data[byte] ^ 1]) + data[byte + 1 :]
        return lambda: place.objects.update({name: data})

    @pytest.mark.parametrize("number", [0, 1])
    def test_a_gap_is_an_error(self, number):
        place = self.filled()
        place.delete(f"records/{number:09d}.json")
        with pytest.raises(JournalError, match=f"Record {number} .*missing") as info:
            ObjectJournal(place).read()
        assert info.value.location == f"memory://store/records/{number:09d}.json"

    def test_other_objects_are_left_alone(self):
        place = self.filled()
        place.objects["records/.tmp-1"] = b"?"
        ObjectJournal(place).append({"more": 1})
        assert ObjectJournal(place).read() == [*RECORDS, {"more": 1}]
        assert place.objects["records/.tmp-1"] == b"?"

    def test_a_write_that_failed_half_way_is_repaired_by_the_next(self):
        place = self.filled()
        journal = ObjectJournal(place)
        write_new = place.write_new

        def fail(name, data):
            write_new(name, data[:5])
            raise OSError("connection reset")

        place.write_new = fail
        with pytest.raises(JournalError, match="connection reset"):
            journal.append({"a": 1})
        place.write_new = write_new
        journal.append({"b": 2})
        assert ObjectJournal(place).read() == [*RECORDS, {"b": 2}]


def test_the_folder_says_which_kind(tmp_path):
    assert isinstance(open_journal(str(tmp_path)), LocalJournal)
    assert isinstance(open_journal("gs://bucket/study"), ObjectJournal)
