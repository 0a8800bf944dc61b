"""Objects before and after a change put together, wherever in the repository they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.changes.manifests import Identity, Manifest
from policy_engine.records import record


@record(kw_only=True)
class Pair:
    """An object before and after: at least one of both is there. Without the old one it is created."""

    identity: Identity
    old: Manifest | None
    new: Manifest | None

    @property
    def differs(self) -> bool:
        """Tell whether the change does anything to the object."""
        return self.old is None or self.new is None or not _is_same(self.old, self.new)


def pair(old: Iterable[Manifest], new: Iterable[Manifest], *, kinds: Kinds = BUILT_IN_KINDS) -> list[Pair]:
    """Pair the objects that a change touches: in the order of the new ones, then those that are gone.

    Every manifest is in exactly one pair. Where several have one identity, those belong together that stand in
    the same file, then those of the same scope, then those that are equal, and then those that come first.
    """
    before = _by_identity(old, kinds)
    after = _by_identity(new, kinds)
    partners: dict[int, Manifest] = {}
    for identity, manifests in after.items():
        partners.update(_match(before.get(identity, []), manifests))
    pairs = [
        Pair(identity=identity, old=partners.get(id(manifest)), new=manifest)
        for manifest, identity in _in_order(after)
    ]
    taken = {id(manifest) for manifest in partners.values()}
    pairs += [
        Pair(identity=identity, old=manifest, new=None)
        for manifest, identity in _in_order(before)
        if id(manifest) not in taken
    ]
    return pairs


def _is_same(old: Manifest, new: Manifest) -> bool:
    """Compare as JSON does: to Python, 1 and true are equal."""
    one, other = old.document.value, new.document.value
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


_Places = dict[Identity, list[tuple[int, Manifest]]]


def _by_identity(manifests: Iterable[Manifest], kinds: Kinds) -> _Places:
    found: _Places = {}
    for index, manifest in enumerate(manifests):
        found.setdefault(manifest.identity(kinds), []).append((index, manifest))
    return found


def _in_order(places: _Places) -> Iterator[tuple[Manifest, Identity]]:
    ordered = sorted((index, identity, m) for identity, found in places.items() for index, m in found)
    return ((manifest, identity) for _, identity, manifest in ordered)


def _match(old: list[tuple[int, Manifest]], new: list[tuple[int, Manifest]]) -> dict[int, Manifest]:
    """Give the old manifest of every new one that has one, by the new one's id()."""
    left_old = [manifest for _, manifest in old]
    left_new = [manifest for _, manifest in new]
    partners: dict[int, Manifest] = {}
    for belongs in _ALIKE:
        for manifest in list(left_new):
            # What moves to another target is gone from one cluster, and new to the other.
            near = (candidate for candidate in left_old if candidate.target == manifest.target)
            found = next((candidate for candidate in near if belongs(candidate, manifest)), None)
            if found is not None:
                partners[id(manifest)] = found
                left_old.remove(found)
                left_new.remove(manifest)
    return partners


_ALIKE: tuple[Callable[[Manifest, Manifest], bool], ...] = (
    lambda old, new: (old.scope, old.document.path) == (new.scope, new.document.path),
    lambda old, new: old.scope == new.scope,
    lambda old, new: _is_same(old, new),
    lambda old, new: True,
)
"""What makes two manifests of one identity belong together, the strongest sign first."""
