from __future__ import annotations

import errno
import itertools
import threading

import pytest

from tests.engines.storages import Flaky, Full
from tuner_component.engines.storage.objects import (
    LocalStorage,
    RemoteStorage,
    open_storage,
)
from tuner_component.engines.storage.retries import RetryingStorage

_numbers = itertools.count()


@pytest.fixture(params=["local", "file://", "ram://"])
def storage(request, tmp_path):
    if request.param == "local":
        return open_storage(str(tmp_path / "flock"))
    if request.param == "file://":
        return open_storage(f"file://{tmp_path}/flock")
    return open_storage(f"ram://flock{next(_numbers)}/root/")


def test_objects_are_written_listed_read_and_deleted(storage):
    assert storage.list("up") == []
    storage.write("up/b", b"two")
    storage.write("up/a", b"one")
    storage.write("to/w0.0/x", b"job")
    assert sorted(storage.list("up")) == ["a", "b"]
    assert storage.read("up/b") == b"two"
    assert storage.read("to/w0.0/x") == b"job"
    storage.delete("up/b")
    storage.delete("up/b")
    storage.delete("nowhere/x")
    assert storage.list("up") == ["a"]
    assert storage.list("unfinished") == []


def test_an_object_written_again_is_the_same(storage):
    for _ in range(2):
        storage.write("up/a", b"one")
    assert storage.read("up/a") == b"one"


def test_what_is_not_there_is_said(storage):
    with pytest.raises(FileNotFoundError):
        storage.read("up/a")
    storage.write("up/b", b"")
    with pytest.raises(FileNotFoundError):
        storage.read("up/a")


def test_a_scheme_decides():
    assert isinstance(open_storage("/shared/x"), LocalStorage)
    assert isinstance(open_storage("gs://bucket/x"), RemoteStorage)
    assert open_storage("gs://bucket/x/").root == "gs://bucket/x"
    with pytest.raises(ValueError, match="expected a folder"):
        open_storage("")


def test_an_unknown_scheme_is_said():
    with pytest.raises(ValueError, match=r"unknownscheme.*gs"):
        open_storage("unknownscheme://x")


def test_nobody_sees_a_part_of_an_object(tmp_path):
    storage = LocalStorage(str(tmp_path))
    size, seen, over = 1 << 20, set(), threading.Event()

    def watch():
        while not over.is_set():
            seen.update(len(storage.read(f"up/{name}")) for name in storage.list("up"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(50):
        storage.write(f"up/{number}", bytes(size))
    over.set()
    watcher.join()
    assert seen <= {size}


def test_a_write_that_fails_leaves_nothing(tmp_path):
    storage = LocalStorage(str(tmp_path))
    storage.write("up/a", b"1")
    (tmp_path / "up" / "b").mkdir()
    with pytest.raises(OSError, match="directory"):
        storage.write("up/b", b"2")
    assert storage.list("unfinished") == []


def test_what_fails_now_and_then_is_asked_again(tmp_path):
    flaky = Flaky(LocalStorage(str(tmp_path)), 0.3, seed=0)
    storage = RetryingStorage(flaky, sleep=lambda seconds: None)
    objects = {f"up/{number}": b"%d" % number for number in range(200)}
    storage.write_all(objects)
    assert storage.read_all([*objects, "up/none"]) == objects
    storage.delete_all(objects)
    assert storage.list("up") == []
    assert flaky.num_failed > 100
    storage.close()


def test_what_fails_for_ever_is_raised_after_six_seconds(tmp_path):
    full, pauses = Full(LocalStorage(str(tmp_path))), []
    full.is_full = True
    storage = RetryingStorage(full, sleep=pauses.append)
    with pytest.raises(OSError, match="No space") as raised:
        storage.write("up/a", b"1")
    assert raised.value.errno == errno.ENOSPC
    assert 2.5 < sum(pauses) < 6.0
    assert len(pauses) == 7
    storage.close()


@pytest.mark.parametrize("error", [PermissionError, FileNotFoundError])
def test_what_cannot_be_mended_is_raised_at_once(tmp_path, error):
    class Broken(LocalStorage):
        def read(self, name):
            raise error(name)

    pauses = []
    storage = RetryingStorage(Broken(str(tmp_path)), sleep=pauses.append)
    with pytest.raises(error):
        storage.read("x")
    assert pauses == []
    storage.close()
