"""One kind of params: not looked up yet, not served, or followed."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.admission.context import Unknown
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.records import record
from webhook.cluster.api import ClusterClient
from webhook.cluster.discovery import ServedKind
from webhook.cluster.namespaces import without_managed_fields
from webhook.cluster.paths import resource_path
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store


@record
class Followed:
    """A kind that is served, its objects, and what keeps them up to date."""

    served: ServedKind
    store: Store
    reflector: Reflector


class ParamKind:
    """What is known of a kind. `state` changes as a whole: a reader sees all of the old or all of the new.

    state: Unknown before the kind was looked up, None where it is not served. on_change: called when the kind
    became usable, or stopped to be.
    """

    def __init__(self, kind: GroupVersionKind, on_change: Callable[[], None]) -> None:
        self.kind = kind
        self.state: Followed | Unknown | None = Unknown(f"{self._words} are not looked up yet")
        self.lookup_problem: str | None = None
        self._on_change = on_change
        self._told: object = self.scope()

    def scope(self) -> bool | Unknown | None:
        """Tell whether the kind is namespaced; None where it is not served, Unknown before it was listed."""
        state = self.state
        if not isinstance(state, Followed):
            return state
        if not state.reflector.is_synced:
            return Unknown(f"{self._words} are not synced yet")
        return None if state.reflector.is_absent else state.served.namespaced

    @property
    def is_missing(self) -> bool:
        """Tell whether the kind has to be looked up: it never was, was not there, or is no longer."""
        state = self.state
        return not isinstance(state, Followed) or state.reflector.is_absent

    @property
    def is_settled(self) -> bool:
        """Tell whether there is an answer: the scope, or why there is none."""
        return self.problem is not None or not isinstance(self.scope(), Unknown)

    @property
    def problem(self) -> str | None:
        """Say what keeps the kind from being looked up or followed; None while nothing does."""
        state = self.state
        return self.lookup_problem or (state.reflector.problem if isinstance(state, Followed) else None)

    def follow(self, client: ClusterClient, served: ServedKind) -> Followed:
        """Give a store for the kind's objects, with a reflector that is to be started."""
        store = Store()
        reflector = Reflector(
            client,
            resource_path(self.kind.group, self.kind.version, served.resource),
            what=self._words,
            store=store,
            transform=without_managed_fields,
            on_change=self.tell,
            may_be_absent=True,
        )
        return Followed(served, store, reflector)

    def tell(self) -> None:
        """Call on_change, if the kind became usable or stopped to be."""
        scope = self.scope()
        if scope != self._told:
            self._told = scope
            self._on_change()

    @property
    def _words(self) -> str:
        return f"params of kind `{self.kind.kind}` ({self.kind.api_version})"
