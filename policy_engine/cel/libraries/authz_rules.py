"""An authorizer that decides by a list of rules: for tests, and where no API server can be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from policy_engine.cel.libraries.authz_attributes import Answer, Attributes, Ruling

_RESOURCE_FIELDS: Final = {
    "verb": "verb",
    "apiGroup": "api_group",
    "resource": "resource",
    "subresource": "subresource",
    "namespace": "namespace",
    "name": "name",
}
_PATH_FIELDS: Final = {"verb": "verb", "path": "path"}
_KNOWN: Final = frozenset({*_RESOURCE_FIELDS, "path", "user", "decision", "reason", "error"})


class Rule(NamedTuple):
    """One rule: whom and what it is about, and its answer.

    wanted: field of the attributes and the value it must have; a field that may have any value is left out.
    user: a user's name, or None for anybody.
    """

    is_resource_rule: bool
    wanted: tuple[tuple[str, str], ...]
    user: str | None
    answer: Answer

    @classmethod
    def from_json(cls, rule: Mapping[str, Any]) -> Rule:
        """Read a rule. `*` stands for any value; a field left out only matches the empty text.

        Raises ValueError for what is no rule.
        """
        unknown = sorted(rule.keys() - _KNOWN)
        if unknown:
            raise ValueError(f"unknown field `{unknown[0]}` in an authorization rule")
        odd = sorted(key for key, value in rule.items() if value is not None and value.__class__ is not str)
        if odd:
            raise ValueError(f"`{odd[0]}` of an authorization rule: expected a text")
        fields = _PATH_FIELDS if "path" in rule else _RESOURCE_FIELDS
        wanted = tuple((name, rule.get(key, "")) for key, name in fields.items() if rule.get(key) != "*")
        answer = Answer(
            ruling=_ruling(rule.get("decision")),
            reason=rule.get("reason") or "",
            error=rule.get("error") or None,
        )
        return cls("path" not in rule, wanted, rule.get("user"), answer)

    def matches(self, attributes: Attributes) -> bool:
        """Tell whether the rule is about a question."""
        if self.is_resource_rule is not attributes.is_resource_request:
            return False
        if self.user is not None and self.user not in ("*", attributes.user.username):
            return False
        return all(getattr(attributes, name) == value for name, value in self.wanted)


def _ruling(decision: str | None) -> Ruling:
    if decision is None:
        return Ruling.NO_OPINION
    try:
        return Ruling(decision)
    except ValueError:
        known = ", ".join(Ruling)
        raise ValueError(
            f"`decision` of an authorization rule: expected one of {known}, found `{decision}`"
        ) from None


_NO_OPINION: Final = Answer()


class RuleTable:
    """Answers with the first rule that matches; has no opinion where none does."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)

    @classmethod
    def from_json(cls, rules: Iterable[Mapping[str, Any]]) -> RuleTable:
        """Read a list of rules, see `Rule.from_json`.

        Raises ValueError for what is no rule.
        """
        return cls(map(Rule.from_json, rules))

    def authorize(self, attributes: Attributes) -> Answer:
        """Answer one question."""
        for rule in self._rules:
            if rule.matches(attributes):
                return rule.answer
        return _NO_OPINION


class AllowAll:
    """Allows everything and says nothing about it."""

    __slots__ = ()

    def authorize(self, attributes: Attributes) -> Answer:
        """Answer one question."""
        return _ALLOW


class DenyAll:
    """Denies everything and says nothing about it."""

    __slots__ = ()

    def authorize(self, attributes: Attributes) -> Answer:
        """Answer one question."""
        return _DENY


_ALLOW: Final = Answer(ruling=Ruling.ALLOW)
_DENY: Final = Answer(ruling=Ruling.DENY)
