from __future__ import annotations

import pytest

from policy_engine.admission.selectors import (
    SELECT_ALL,
    LabelRequirement,
    LabelSelector,
    SelectorError,
    compile_selector,
)

KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def selector(key: str, operator: str, *values: str) -> LabelSelector:
    requirement = LabelRequirement(key=key, operator=operator, values=values)
    return LabelSelector(match_labels={}, match_expressions=(requirement,))


@pytest.mark.parametrize(
    ("written", "labels", "want"),
    [
        (SELECT_ALL, {}, True),
        (LabelSelector(match_labels={"a": "b"}), {"a": "b", "c": "d"}, True),
        (LabelSelector(match_labels={"a": "b"}), {"a": "c"}, False),
        (LabelSelector(match_labels={"a": ""}), {}, False),
        (LabelSelector(match_labels={"a": ""}), {"a": ""}, True),
        (selector("a", "In", "x", "y"), {"a": "y"}, True),
        (selector("a", "In", "x", "y"), {}, False),
        (selector("a", "NotIn", "x"), {"a": "y"}, True),
        (selector("a", "NotIn", "x"), {"a": "x"}, False),
        (selector("a", "NotIn", "x"), {}, True),
        (selector("a", "Exists"), {"a": ""}, True),
        (selector("a", "Exists"), {}, False),
        (selector("a", "DoesNotExist"), {}, True),
        (selector("a", "DoesNotExist"), {"a": "x"}, False),
        (selector("a", "In", "1"), {"a": 1}, False),
        (selector("a", "In", "1"), {"a": {"b": []}}, False),
    ],
)
def test_labels_are_selected(written: LabelSelector, labels: dict[str, object], want: bool) -> None:
    assert compile_selector(written).matches(labels) is want


def test_all_requirements_have_to_hold() -> None:
    both = LabelSelector(
        match_labels={"a": "b"},
        match_expressions=(LabelRequirement(key="c", operator="Exists"),),
    )
    assert compile_selector(both).matches({"a": "b", "c": ""})
    assert not compile_selector(both).matches({"a": "b"})


@pytest.mark.parametrize(
    ("written", "want"),
    [
        (selector("a", "in", "x"), '"in" is not a valid label selector operator'),
        (
            selector("a", "NotIn"),
            "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            selector("a", "DoesNotExist", "x"),
            'values: Invalid value: ["x"]: values set must be empty for exists and does not exist',
        ),
        (selector("-", "Exists"), f'key: Invalid value: "-": {KEY_WORDS}'),
        (
            selector("a", "In", "x" * 64),
            f'values[0][a]: Invalid value: "{"x" * 64}": must be no more than 63 bytes',
        ),
        (
            selector("", "In"),
            f'[key: Invalid value: "": name part must be non-empty; {KEY_WORDS}, '
            "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty]",
        ),
    ],
)
def test_what_is_not_valid_is_told_as_the_api_server_tells_it(written: LabelSelector, want: str) -> None:
    with pytest.raises(SelectorError) as caught:
        compile_selector(written)
    assert caught.value.message == want
