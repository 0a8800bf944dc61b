"""Helm's hooks: what they are for."""

from __future__ import annotations

from policy_engine.changes.rendering.small_files import mapping, text
from policy_engine.sources.values import JsonObject

_HOOK = "helm.sh/hook"
# Argo CD goes by this one where both are there. Source: gitops-engine pkg/sync/hook/hook.go.
_ARGO_HOOK = "argocd.argoproj.io/hook"
_TESTS = frozenset(("test", "test-success", "test-failure"))  # Source: Helm's pkg/release/v1/hook.go
# Source: Helm's pkg/release/v1/util/manifest_sorter.go `events`.
_HOOKS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")
)
_KNOWN_TESTS = frozenset(("test", "test-success"))


def is_test(value: JsonObject) -> bool:
    """Tell whether Helm makes an object only when somebody runs the tests of a release."""
    annotations = _annotations(value)
    hook = "" if _ARGO_HOOK in annotations else text(annotations.get(_HOOK))
    hooks = {one.strip() for one in hook.split(",")} if hook else set()
    return bool(hooks) and hooks <= _TESTS


def is_hook(value: JsonObject) -> bool:
    """Tell whether a template makes an object apart from those that a release consists of."""
    return _HOOK in _annotations(value)


def is_made(value: JsonObject) -> bool:
    """Tell whether Helm makes an object of a template when a release is installed, changed or removed.

    Others it makes only when somebody runs the tests; and never one with a hook that it does not know.
    Source: Helm's pkg/release/v1/util/manifest_sorter.go `sort`.
    """
    annotations = _annotations(value)
    if _HOOK not in annotations:
        return True
    hooks = {one.strip().lower() for one in text(annotations[_HOOK]).split(",")}
    if not hooks <= _HOOKS | _KNOWN_TESTS:
        return False
    return _ARGO_HOOK in annotations or not hooks <= _KNOWN_TESTS


def _annotations(value: JsonObject) -> JsonObject:
    return mapping(mapping(value.get("metadata")).get("annotations"))
