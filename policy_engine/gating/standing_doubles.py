"""Objects that a change creates though a file that it leaves alone holds them already."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.changes.contents import Scheme
from policy_engine.changes.doubles import Double
from policy_engine.changes.manifests import Identity, Manifest
from policy_engine.changes.pairing import Pair
from policy_engine.sources import Document, DocumentReader
from policy_engine.sources.git import FileChange
from policy_engine.sources.trees import Tree


def find_standing_doubles(
    head: Tree,
    pairs: Sequence[Pair],
    changes: Sequence[FileChange],
    scheme: Scheme,
    parts: Collection[str],
    *,
    kinds: Kinds = BUILT_IN_KINDS,
) -> list[Double]:
    """Find created objects that stand in an unchanged file too.

    To the cluster such an object is an update, and nobody could tell of what. Files are found by the object's
    name as it is written; a rendered object is in no file.
    """
    created: dict[tuple[str, Identity], Manifest] = {}
    for one in pairs:
        if one.old is None and one.new is not None and one.new.is_unique and not one.new.origin:
            created[(one.new.scope, one.identity)] = one.new
    if not created:
        return []
    changed = {change.path for change in changes}
    names = {identity.name for _, identity in created}
    paths = [
        path
        for path in head.containing(names)
        if path not in changed and path not in parts and scheme.is_judged(path)
    ]
    reader = DocumentReader()
    doubles: list[Double] = []
    for path, data in head.read_many(paths, reader.limits):
        for entry in reader.read(path, data) if isinstance(data, bytes) else ():
            if isinstance(entry, Document):
                target = scheme.target(path)
                standing = Manifest(document=entry, target=target, scope=target, namespace=scheme.namespace)
                identity = standing.identity(kinds)
                again = created.get((standing.scope, identity))
                if again is not None:
                    doubles.append(Double(identity=identity, first=standing, again=again))
    return doubles
