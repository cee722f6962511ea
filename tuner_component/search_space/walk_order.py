"""In which order the parameters of a configuration are decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tuner_component.search_space.parameter import Parameter


def depth_first(parameters: Sequence[Parameter]) -> list[int]:
    """Returns the indices so that children follow closely on their parents."""
    needs = _earlier(parameters)
    followers: dict[int, list[int]] = defaultdict(list)
    for index, earlier in enumerate(needs):
        for parent in earlier:
            followers[parent].append(index)
    ready = [index for index in reversed(range(len(needs))) if not needs[index]]
    order = []
    while ready:
        index = ready.pop()
        order.append(index)
        for follower in reversed(followers[index]):
            needs[follower].discard(index)
            if not needs[follower]:
                ready.append(follower)
    return order


def _earlier(parameters: Sequence[Parameter]) -> list[set[int]]:
    """Returns, for each parameter, the indices that must come before it.

    These are its parents, those that share its name, and, because a condition
    sees only what comes before it, those that have it for a parent.
    """
    named: dict[str, list[int]] = defaultdict(list)
    watching: dict[str, list[int]] = defaultdict(list)
    needs = []
    for index, parameter in enumerate(parameters):
        parents = {condition.parent for condition in parameter.conditions}
        earlier = {*named[parameter.name], *watching[parameter.name]}
        needs.append(earlier.union(*(named[parent] for parent in parents)))
        named[parameter.name].append(index)
        for parent in parents:
            watching[parent].append(index)
    return needs
