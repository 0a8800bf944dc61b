"""Label selectors.

Source: k8s.io/apimachinery pkg/apis/meta/v1/helpers.go and pkg/labels/selector.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from policy_engine.admission.json_values import JsonValue
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.libraries.name_rules import label_value_problems, qualified_name_problems
from policy_engine.errors import PolicyError
from policy_engine.records import record


class SelectorError(PolicyError):
    """Say that a selector cannot be used, in the API server's words."""

    code = "selector-invalid"


class SelectorOperator(StrEnum):
    """How a requirement looks at a label."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@record(kw_only=True)
class LabelRequirement:
    """One `matchExpressions` entry as written. operator may be anything an author wrote."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


@record(kw_only=True)
class LabelSelector:
    """A selector as written: `matchLabels` and `matchExpressions`."""

    match_labels: Mapping[str, str]
    match_expressions: tuple[LabelRequirement, ...] = ()

    def is_empty(self) -> bool:
        """Tell whether it selects everything."""
        return not self.match_labels and not self.match_expressions


SELECT_ALL = LabelSelector(match_labels={})

Labels = Mapping[str, JsonValue]
_Test = Callable[[Labels], bool]


@record
class Selector:
    """A selector ready for use; with no tests it selects everything."""

    tests: tuple[_Test, ...] = ()

    def is_empty(self) -> bool:
        """Tell whether it selects everything."""
        return not self.tests

    def matches(self, labels: Labels) -> bool:
        """Tell whether an object with these labels is selected."""
        return all(test(labels) for test in self.tests)


EVERYTHING = Selector()


def compile_selector(selector: LabelSelector) -> Selector:
    """Prepare a selector. Raises: SelectorError for the first requirement that is not valid."""
    if selector.is_empty():
        return EVERYTHING
    tests = [
        _requirement(LabelRequirement(key=key, operator=SelectorOperator.IN, values=(value,)))
        for key, value in selector.match_labels.items()
    ]
    tests.extend(_requirement(requirement) for requirement in selector.match_expressions)
    return Selector(tuple(tests))


def _requirement(requirement: LabelRequirement) -> _Test:
    key, values = requirement.key, requirement.values
    try:
        operator = SelectorOperator(requirement.operator)
    except ValueError:
        quoted = quote(requirement.operator)
        raise SelectorError(f"{quoted} is not a valid label selector operator") from None
    _check(key, operator, values)
    wanted = frozenset(values)
    match operator:
        case SelectorOperator.IN:
            return lambda labels: _is_one_of(labels.get(key), wanted)
        case SelectorOperator.NOT_IN:
            return lambda labels: not _is_one_of(labels.get(key), wanted)
        case SelectorOperator.EXISTS:
            return lambda labels: key in labels
    return lambda labels: key not in labels


def _is_one_of(value: JsonValue, wanted: frozenset[str]) -> bool:
    # A manifest may hold anything as a label's value; only strings are labels (and can be looked up).
    return isinstance(value, str) and value in wanted


def _check(key: str, operator: SelectorOperator, values: Sequence[str]) -> None:
    errors = []
    if wrong := qualified_name_problems(key):
        errors.append(f"key: Invalid value: {quote(key)}: {'; '.join(wrong)}")
    if operator in (SelectorOperator.IN, SelectorOperator.NOT_IN):
        if not values:
            # Go writes the missing list as null.
            errors.append("values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty")
    elif values:
        written = json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)
        errors.append(f"values: Invalid value: {written}: values set must be empty for exists and does not exist")
    for index, value in enumerate(values):
        if wrong := label_value_problems(value):
            errors.append(f"values[{index}][{key}]: Invalid value: {quote(value)}: {'; '.join(wrong)}")
    if errors:
        unique = list(dict.fromkeys(errors))
        raise SelectorError(unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]")
