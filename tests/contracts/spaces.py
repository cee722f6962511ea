"""Random search spaces, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from tuner_component.search_space import (
    Boolean,
    Choice,
    Condition,
    Configurations,
    Fixed,
    Float,
    Int,
    Parameter,
    SearchSpace,
)


@st.composite
def finite_parameters(draw: st.DrawFn, name: str, conditions: tuple[Condition, ...]):
    kind = draw(st.sampled_from(["int", "log", "float", "choice", "bool", "fixed"]))
    low, count = draw(st.integers(-3, 3)), draw(st.integers(1, 4))
    if kind == "int":
        return Int(name, low, low + count, step=2, conditions=conditions)
    if kind == "log":
        sampling = draw(st.sampled_from(["log", "reverse_log"]))
        return Int(name, 2, 2 + 3 * count, sampling=sampling, conditions=conditions)
    if kind == "float":
        return Float(name, low, low + count * 0.3, step=0.3, conditions=conditions)
    if kind == "choice":
        return Choice(name, ("a", "b", "c")[:count], conditions=conditions)
    if kind == "bool":
        return Boolean(name, conditions=conditions)
    return Fixed(name, low, conditions=conditions)


@st.composite
def conditions_on(draw: st.DrawFn, earlier: list[Parameter]) -> tuple[Condition, ...]:
    parents = draw(st.lists(st.sampled_from(earlier), max_size=2)) if earlier else []
    return tuple(
        Condition(
            parent.name,
            tuple(
                draw(
                    st.lists(
                        st.sampled_from(list(parent.values())), min_size=1, max_size=3
                    )
                )
            ),
        )
        for parent in parents
    )


@st.composite
def finite_spaces(draw: st.DrawFn, max_parameters: int = 6) -> SearchSpace:
    """Spaces with nested conditions and repeated names, all finite."""
    parameters: list[Parameter] = []
    for index in range(draw(st.integers(1, max_parameters))):
        reused = draw(st.integers(0, 4)) == 0
        name = f"p{index - 1 if reused and index else index}"
        conditions = draw(conditions_on(parameters))
        parameter = draw(finite_parameters(name, conditions))
        known = any((p.name, p.conditions) == (name, conditions) for p in parameters)
        if not known and name not in {c.parent for c in conditions}:
            parameters.append(parameter)
    reached = Configurations(parameters).reached
    return SearchSpace([parameters[index] for index in sorted(reached)])
