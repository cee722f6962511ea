"""Do the parameters of a space fit together?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.parameter import Condition, Parameter


def check_repeats(parameters: Sequence[Parameter]) -> None:
    """Raises if a name comes twice under the same conditions.

    Raises:
        SearchSpaceError: Names the parameter.
    """
    seen = set()
    for parameter in parameters:
        if (parameter.name, parameter.conditions) in seen:
            raise SearchSpaceError(
                f"Received {parameter.name!r} twice under the same conditions; "
                "expected one definition. Rename or remove one."
            )
        seen.add((parameter.name, parameter.conditions))


def check_parents(parameters: Sequence[Parameter]) -> None:
    """Raises unless parents come first and can meet the conditions on them.

    Raises:
        SearchSpaceError: Names the parameter and the condition.
    """
    earlier: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        for condition in parameter.conditions:
            if condition.parent not in earlier:
                raise _no_parent(parameter, condition, parameters)
            parents = earlier[condition.parent]
            if not any(p.contains(v) for p in parents for v in condition.values):
                raise SearchSpaceError(
                    f"{parameter.name!r} can never be active: received the condition "
                    f"that {condition.parent!r} is one of {list(condition.values)}; "
                    f"expected at least one value of {parents[0]}. Correct the values."
                )
        earlier.setdefault(parameter.name, []).append(parameter)


def check_reached(parameters: Sequence[Parameter], reached: Collection[int]) -> None:
    """Raises if the conditions of a parameter exclude each other.

    Args:
        parameters: Parents before children.
        reached: Indices of those whose conditions some configuration meets.

    Raises:
        SearchSpaceError: Names the parameter and its conditions.
    """
    for index, parameter in enumerate(parameters):
        if index not in reached:
            conditions = " and ".join(
                f"{condition.parent!r} is one of {list(condition.values)}"
                for condition in parameter.conditions
            )
            raise SearchSpaceError(
                f"{parameter.name!r} can never be active: received the conditions "
                f"{conditions}; expected some that one configuration meets together. "
                "Correct them or remove the parameter."
            )


def _no_parent(
    parameter: Parameter, condition: Condition, parameters: Sequence[Parameter]
) -> SearchSpaceError:
    later = any(other.name == condition.parent for other in parameters)
    where = "listed after it" if later else "not in the space"
    fix = "Move the parent up." if later else "Add it or correct the name."
    return SearchSpaceError(
        f"{parameter.name!r} received a condition on {condition.parent!r}, which is "
        f"{where}; expected a parameter listed before it. {fix}"
    )
