from __future__ import annotations

import pytest

from tuner_component.training import one_thread, reuse, support


@pytest.fixture
def nothing_known():
    """No graph is known, and no reason has been said."""
    reuse._known.clear()
    support._said.clear()


@pytest.fixture
def made(monkeypatch):
    """One entry for each graph that was made."""
    found, trace = [], one_thread._traced

    def noted(*given):
        found.append(given)
        return trace(*given)

    monkeypatch.setattr(one_thread, "_traced", noted)
    return found
