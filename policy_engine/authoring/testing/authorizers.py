"""Authorizers as test files describe them."""

from __future__ import annotations

from policy_engine.authoring.testing.model import Authorizer as AuthorizerSpec
from policy_engine.cel.libraries.authz import AllowAll, AuthorizerBackend, DenyAll, RuleTable


def make_authorizer(spec: AuthorizerSpec) -> AuthorizerBackend:
    """Make what answers `authorizer` in an expression."""
    if spec.allow_all:
        return AllowAll()
    return DenyAll() if spec.deny_all else RuleTable.from_json(spec.rules)
