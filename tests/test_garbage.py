from __future__ import annotations

import gc
import weakref

import pytest

from tuner_component.garbage import no_collection


@pytest.fixture(autouse=True)
def _nothing_frozen():
    gc.unfreeze()


def test_collections_go_on_afterwards():
    with no_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collections_go_on_after_an_error():
    with pytest.raises(ImportError), no_collection():
        raise ImportError
    assert gc.isenabled()


def test_who_collects_none_keeps_it_so():
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_meanwhile_is_old():
    with no_collection():
        made = [[] for _ in range(2 * gc.get_threshold()[0])]
    assert any(each is made for each in gc.get_objects(generation=2))
    assert not gc.get_freeze_count()


def test_what_makes_little_does_not_look_at_all_that_is_there(monkeypatch):
    asked = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: asked.append(1) or 0)
    gc.collect()
    with no_collection():
        pass
    assert not asked
    with no_collection():
        made = [[] for _ in range(2 * gc.get_threshold()[0])]
    assert asked
    assert made


def test_garbage_made_meanwhile_is_found_later():
    class Made:
        """Dies with its cycle."""

    with no_collection():
        made = Made()
        made.itself = made
        alive = weakref.ref(made)
        del made
    gc.collect()
    assert alive() is None


def test_what_is_frozen_stays_frozen():
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with no_collection():
            pass
        assert gc.get_freeze_count() == count
    finally:
        gc.unfreeze()
