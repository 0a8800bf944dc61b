"""Helm's hooks: what they are for."""

from __future__ import annotations

from policy_engine.changes.rendering.small_files import mapping, text
from policy_engine.sources.values import JsonObject

_HOOK = "helm.sh/hook"
_TESTS = frozenset(("test", "test-success", "test-failure"))  # Source: Helm's pkg/release/v1/hook.go


def is_test(value: JsonObject) -> bool:
    """Tell whether Helm makes an object only when somebody runs the tests of a release."""
    hook = text(mapping(mapping(value.get("metadata")).get("annotations")).get(_HOOK))
    hooks = {one.strip() for one in hook.split(",")} if hook else set()
    return bool(hooks) and hooks <= _TESTS
