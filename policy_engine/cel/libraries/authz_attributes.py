"""What an authorizer is asked and what it answers.

Source: apiserver pkg/authorization/authorizer/interfaces.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from policy_engine.cel.libraries.selectors import Requirement

_NOTHING: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class Ruling(StrEnum):
    """What an authorizer decides."""

    ALLOW = "allow"
    DENY = "deny"
    NO_OPINION = "noOpinion"


class Answer(NamedTuple):
    """What an authorizer says.

    error: what went wrong, or None; there may be a ruling all the same.
    """

    ruling: Ruling = Ruling.NO_OPINION
    reason: str = ""
    error: str | None = None


class Principal(Protocol):
    """Whoever a question is asked about."""

    @property
    def username(self) -> str:
        """The name that authorizers know."""
        ...

    @property
    def uid(self) -> str:
        """What tells two users of one name apart, or nothing."""
        ...

    @property
    def groups(self) -> Sequence[str]:
        """The groups the user is in."""
        ...

    @property
    def extra(self) -> Mapping[str, Sequence[str]]:
        """What else the authenticator knows."""
        ...


class User(NamedTuple):
    """A principal as plain data."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Sequence[str]] = _NOTHING

    @classmethod
    def from_user_info(cls, user_info: Mapping[str, Any]) -> User:
        """Take over the `userInfo` of an admission request."""
        return cls(
            username=user_info.get("username") or "",
            uid=user_info.get("uid") or "",
            groups=tuple(user_info.get("groups") or ()),
            extra=user_info.get("extra") or {},
        )

    @classmethod
    def service_account(cls, namespace: str, name: str) -> User:
        """Give the user that a service account is.

        Source: apiserver pkg/authentication/serviceaccount/util.go, `UserInfo`.
        """
        return cls(
            username=f"system:serviceaccount:{namespace}:{name}",
            groups=("system:serviceaccounts", f"system:serviceaccounts:{namespace}"),
        )


class Attributes(NamedTuple):
    """A complete question, about a resource or about a path.

    path: for a question that is about no resource; the resource's fields are empty then.
    field_selector, label_selector: empty also where the text could not be read, which is no error.
    """

    user: Principal
    verb: str = ""
    is_resource_request: bool = True
    path: str = ""
    api_group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: tuple[Requirement, ...] = ()
    label_selector: tuple[Requirement, ...] = ()


class AuthorizerBackend(Protocol):
    """Answers questions. Called from many threads; an answer should not take long."""

    def authorize(self, attributes: Attributes) -> Answer:
        """Answer one question. A failure is an answer with an error, not an exception."""
        ...
