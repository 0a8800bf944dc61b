"""What policies are about, put as the rules of a webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from policy_engine.admission.model import Rule
from policy_engine.admission.policy_set import PolicySet
from policy_engine.records import record

_OPERATIONS: Final = ("CREATE", "UPDATE", "DELETE", "CONNECT")
_SCOPES: Final = ("*", "Namespaced", "Cluster")


@record(kw_only=True)
class Asked:
    """The rules of the two webhooks: of policies that deny where they fail, and of those that do not.

    Nothing in them depends on the order of policies, so that all replicas write the same.
    """

    fail: tuple[Rule, ...] = ()
    ignore: tuple[Rule, ...] = ()


def rules_of(policies: PolicySet) -> Asked:
    """Give what has to be asked for, that every policy with a binding sees each request it matches.

    It is more than that where a policy or binding selects by names, labels or excluded resources: those are left
    to the judgement, which knows them exactly. A policy that is about nothing at all is not stored by API servers.
    """
    bound = {binding.policy_name for binding in policies.bindings}
    rules: dict[bool, list[Rule]] = {True: [], False: []}
    for compiled in policies.policies:
        constraints = compiled.policy.match_constraints
        if compiled.name in bound and constraints is not None:
            rules[compiled.policy.ignores_errors].extend(constraints.resource_rules)
    return Asked(fail=merge(rules[False]), ignore=merge(rules[True]))


def merge(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Put rules together into few that match the same requests, whatever their names; in one fixed order.

    The result passes the API server's validation, or one rule would keep all others from being registered.
    """
    plain = {rule for rule in map(_plain, rules) if rule is not None}
    by_operation = _joined(plain, key=lambda r: replace(r, operations=()), join=_join_operations)
    by_resource = _joined(by_operation, key=lambda r: replace(r, resources=()), join=_join_resources)
    needed = {rule for rule in by_resource if not any(covers(o, rule) for o in by_resource if o != rule)}
    return tuple(sorted(needed, key=_order))


def covers(rule: Rule, other: Rule) -> bool:
    """Tell whether a rule matches all that another one does."""
    return (
        rule.scope in ("*", other.scope)
        and _contains(rule.operations, other.operations)
        and _contains(rule.api_groups, other.api_groups)
        and _contains(rule.api_versions, other.api_versions)
        and all(any(_resource_covers(one, two) for one in rule.resources) for two in other.resources)
    )


def _plain(rule: Rule) -> Rule | None:
    """Write a rule in its one way, without names: webhooks have none. None for one that matches nothing."""
    plain = Rule(
        api_groups=_wildcard_or(sorted(set(rule.api_groups)), rule.api_groups),
        api_versions=_wildcard_or(sorted(set(rule.api_versions) - {""}), rule.api_versions),
        resources=_without_covered(rule.resources),
        operations=_wildcard_or([o for o in _OPERATIONS if o in rule.operations], rule.operations),
        scope=rule.scope or "*",
    )
    lists = (plain.api_groups, plain.api_versions, plain.resources, plain.operations)
    return plain if all(lists) and plain.scope in _SCOPES else None


def _wildcard_or(ordered: Iterable[str], written: tuple[str, ...]) -> tuple[str, ...]:
    return ("*",) if "*" in written else tuple(ordered)


def _joined(
    rules: Iterable[Rule], *, key: Callable[[Rule], Rule], join: Callable[[Rule, Rule], Rule]
) -> set[Rule]:
    """Join the rules that are equal but for one list."""
    found: dict[Rule, Rule] = {}
    for rule in rules:
        known = found.get(key(rule))
        found[key(rule)] = rule if known is None else join(known, rule)
    return set(found.values())


def _join_operations(one: Rule, other: Rule) -> Rule:
    both = one.operations + other.operations
    return replace(one, operations=_wildcard_or([o for o in _OPERATIONS if o in both], both))


def _join_resources(one: Rule, other: Rule) -> Rule:
    return replace(one, resources=_without_covered(one.resources + other.resources))


def _without_covered(resources: Iterable[str]) -> tuple[str, ...]:
    distinct = set(resources) - {""}
    return tuple(
        sorted(r for r in distinct if not any(_resource_covers(other, r) for other in distinct if other != r))
    )


def _resource_covers(resource: str, other: str) -> bool:
    """Tell whether `pods/*` or the like matches all that another one does; `pods/*` matches `pods` itself too."""
    name, _, sub = resource.partition("/")
    other_name, _, other_sub = other.partition("/")
    return name in ("*", other_name) and sub in ("*", other_sub)


def _contains(values: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return "*" in values or set(others) <= set(values)


def _order(rule: Rule) -> tuple[object, ...]:
    return (rule.api_groups, rule.resources, rule.api_versions, rule.operations, rule.scope)
