"""The set in force, and the one step in which another takes its place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from itertools import chain

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.policies import CompiledPolicy
from webhook.policies.ruleset import EMPTY_SOURCE, NOTHING, Ruleset, Source, conflicts

_log = logging.getLogger("polgate.policies")

DIRECTORY = "directory"
CLUSTER = "cluster"
# Where two sources have a policy of one name, the first of these counts: files are what an operator pinned.
_ORDER = (DIRECTORY, CLUSTER)
_OVERRULED = "policy `{}` does not count, nor do its bindings: files have a policy of that name"


class LivePolicies:
    """Holds the set in force. Readers take `current`; writers replace it whole.

    Python replaces an attribute in one step, so readers need no lock; writers take one among themselves.
    """

    def __init__(self) -> None:
        self.current: Ruleset = NOTHING
        self._lock = threading.Lock()
        self._sources: dict[str, Source] = {}
        self._kinds: Kinds = BUILT_IN_KINDS
        self._listeners: list[Callable[[Ruleset], None]] = []
        self._told: frozenset[str] = frozenset()

    @property
    def sources(self) -> Mapping[str, Source]:
        """What each place contributes now. Policies that do not count there are among its problems."""
        overruled = self._overruled()
        return {
            name: source.with_problems((*source.problems, *overruled[name])) for name, source in self._in_order()
        }

    def listen(self, listener: Callable[[Ruleset], None]) -> None:
        """Tell every new set, after it is in force, in the thread that brought it."""
        self._listeners.append(listener)

    def replace(self, name: str, source: Source) -> None:
        """Let a place contribute something else."""
        with self._lock:
            self._sources[name] = source
            self._compose()

    def use_kinds(self, kinds: Kinds) -> None:
        """Let other kinds be known, because the cluster has learnt some."""
        with self._lock:
            self._kinds = kinds
            self._compose()

    def blame(self, name: str, problems: tuple[str, ...]) -> None:
        """Say what is wrong with what a place wanted to contribute; what it contributed before stays."""
        with self._lock:
            self._sources[name] = self._sources.get(name, EMPTY_SOURCE).with_problems(problems)

    def _in_order(self) -> list[tuple[str, Source]]:
        return [(name, self._sources[name]) for name in _ORDER if name in self._sources]

    def _compose(self) -> None:
        ordered = [source for _, source in self._in_order()]
        definitions = [definition for source in ordered for definition in source.definitions]
        kinds = self._kinds.with_definitions(definitions) if definitions else self._kinds
        ruleset = Ruleset.compose(self.current.generation + 1, ordered, kinds)
        self.current = ruleset
        _log.info(
            "policies in force: %d, with %d bindings",
            len(ruleset.everything.policies),
            len(ruleset.everything.bindings),
            extra={"generation": ruleset.generation},
        )
        self._tell_overruled()
        for listener in self._listeners:
            listener(ruleset)

    def _overruled(self) -> dict[str, list[str]]:
        """Say for each place which of its policies do not count."""
        earlier: dict[str, CompiledPolicy] = {}
        lines: dict[str, list[str]] = {}
        for name, source in self._in_order():
            lines[name] = [_OVERRULED.format(policy) for policy in sorted(conflicts(source, earlier))]
            earlier |= {policy.name: policy for policy in source.policies}
        return lines

    def _tell_overruled(self) -> None:
        found = frozenset(chain.from_iterable(self._overruled().values()))
        for line in sorted(found - self._told):
            _log.warning("%s", line)
        self._told = found
