"""What a review meets besides its policies: at once for the fast lane, or after some patience."""

from __future__ import annotations

from typing import Protocol

from policy_engine.admission.context import Namespaces, Params
from policy_engine.cel.libraries.authz import AuthorizerBackend
from policy_engine.records import record
from webhook.policies.ruleset import Ruleset


class Deferred(BaseException):
    """Stop a review in the fast lane: it wants something that takes time.

    No Exception, so that nothing on the way takes it for an error of the policy.
    """


@record
class View:
    """What one review may ask. None: nobody knows, and policies that need it follow their failurePolicy."""

    namespaces: Namespaces | None
    params: Params | None
    authorizer: AuthorizerBackend | None


class Surroundings(Protocol):
    """Where views come from. Safe to use from many threads."""

    def quick(self, ruleset: Ruleset) -> View:
        """Give a view that answers at once, or raises Deferred."""

    def patient(self, ruleset: Ruleset, deadline: float) -> View:
        """Give a view that may wait or ask a server, until the deadline at most (seconds of time.monotonic)."""


class FileSurroundings:
    """Without a cluster: the namespaces and params that lie beside the policies, and nothing else."""

    def quick(self, ruleset: Ruleset) -> View:
        """Give what the files hold."""
        return View(ruleset.namespaces, ruleset.params, None)

    def patient(self, ruleset: Ruleset, deadline: float) -> View:
        """Give the same: waiting brings nothing else."""
        return self.quick(ruleset)
