"""What is left of an object when all is taken away that a change has not touched.

The field that a rule blames is not always the one that is wrong: `containers.filter(good).size() == 3` blames the
good ones. What is certain is what the rule says of the changed elements by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property

from policy_engine.reports.findings import Finding
from policy_engine.sources.values import JsonObject, JsonValue

Rule = tuple[str, str, str, str]  # policy, binding, param, place
Failing = Callable[[JsonObject], frozenset[Rule]]


class Inheritance:
    """Tells whether faults of an object come from what a change has left alone.

    failing: judges an object by itself.
    """

    def __init__(self, old: JsonObject, new: JsonObject, failing: Failing) -> None:
        self._old = old
        self._new = new
        self._failing = failing

    def is_worse(self, finding: Finding) -> bool:
        """Tell whether the changed elements break the rule by themselves, and did not before."""
        return (
            self._has_more and rule_of(finding) in self._fails_now and rule_of(finding) not in self._failed_before
        )

    def is_inherited(self, finding: Finding) -> bool:
        """Tell whether the changed elements keep the rule, so that only what was there before breaks it."""
        return self._has_more and rule_of(finding) not in self._fails_now

    @cached_property
    def _left(self) -> tuple[JsonValue, JsonValue]:
        return without_unchanged(self._old, self._new)

    @cached_property
    def _has_more(self) -> bool:
        return self._left[1] != self._new

    @cached_property
    def _fails_now(self) -> frozenset[Rule]:
        return self._judged(self._left[1])

    @cached_property
    def _failed_before(self) -> frozenset[Rule]:
        return self._judged(self._left[0])

    def _judged(self, value: JsonValue) -> frozenset[Rule]:
        assert isinstance(value, dict)
        return self._failing(value)


def rule_of(finding: Finding) -> Rule:
    """Give what tells one rule from another."""
    return finding.policy, finding.binding, finding.param, finding.rule


def without_unchanged(old: JsonValue, new: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Give two values without the elements of lists that both have alike, as Kubernetes merges them: by name."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: without_unchanged(old[key], new[key]) for key in new if key in old}
        return (
            {key: both[key][0] if key in both else value for key, value in old.items()},
            {key: both[key][1] if key in both else value for key, value in new.items()},
        )
    before, after = _by_name(old), _by_name(new)
    if before is None or after is None:
        return old, new
    alike = {name for name, value in after.items() if name in before and _is_same(before[name], value)}
    return (
        [value for name, value in before.items() if name not in alike],
        [value for name, value in after.items() if name not in alike],
    )


def _by_name(value: JsonValue) -> dict[str, JsonValue] | None:
    """Give a list's elements by name; None where it is no list of things with names of their own."""
    if not isinstance(value, list):
        return None
    found: dict[str, JsonValue] = {}
    for element in value:
        name = element.get("name") if isinstance(element, dict) else None
        if not isinstance(name, str) or name in found:
            return None
        found[name] = element
    return found


def _is_same(one: JsonValue, other: JsonValue) -> bool:
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
