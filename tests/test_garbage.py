from __future__ import annotations

import gc

import pytest

from tuner_component.garbage import no_collection


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
