from __future__ import annotations

import gc

import pytest

from tuner_component.importing import without_collections


def test_collections_go_on_afterwards():
    with without_collections():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_collections_go_on_after_an_error():
    with pytest.raises(ImportError), without_collections():
        raise ImportError
    assert gc.isenabled()


def test_who_collects_none_keeps_it_so():
    gc.disable()
    try:
        with without_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
