"""Do the parameters of a space fit together, and values to them?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tuner_component.errors import SearchSpaceError
from tuner_component.search_space.parameter import Condition, Parameter
from tuner_component.trial import Value


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


def check_values(
    values: Mapping[str, Value],
    parameters: Sequence[Parameter],
    activated: Sequence[Parameter],
) -> None:
    """Raises unless each active parameter has a value, and no other.

    Args:
        values: What is checked.
        parameters: All of the space.
        activated: Those that the values activate.

    Raises:
        SearchSpaceError: Says which name is unknown, inactive or missing, or
            which value is out of range.
    """
    active = {parameter.name: parameter for parameter in activated}
    known = {parameter.name for parameter in parameters}
    for name, value in values.items():
        if name not in known:
            raise SearchSpaceError(
                f"Received a value for {name!r}; expected one of {sorted(known)}. "
                "Correct the name or leave it out."
            )
        if name not in active:
            raise SearchSpaceError(
                f"Received {name}={value!r}; expected no value, because its "
                "conditions do not hold for the other values. Leave it out."
            )
        if not active[name].contains(value):
            raise SearchSpaceError(
                f"Received {name}={value!r}; expected a value of {active[name]}."
            )
    missing = [name for name in active if name not in values]
    if missing:
        raise SearchSpaceError(
            f"Received no value for {missing}; expected one for every active "
            "parameter. Add them."
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
