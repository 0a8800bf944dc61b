"""Objects that a revision holds twice where a cluster has them once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.changes.codes import GateCode
from policy_engine.changes.manifests import Identity, Manifest
from policy_engine.records import record
from policy_engine.sources.document import Broken, Note

_HELP = "remove one; if they go to different clusters, say so with `targets` in .polgate.yaml"
_HELP_RENDERED = "remove one: both are in one rendering"


@record(kw_only=True)
class Double:
    """An object that stands in one scope a second time. first: in the order of files."""

    identity: Identity
    first: Manifest
    again: Manifest

    def broken(self) -> Broken:
        """Say it as an error: nobody can tell which of both a cluster would get."""
        document, first = self.again.document, self.first.document
        place, there = document.start(), first.start()
        return Broken(
            path=document.path,
            code=GateCode.DUPLICATE_OBJECT,
            message=f"a second {self.identity}: nobody can tell which of both counts",
            help=_HELP_RENDERED if self.again.origin else _HELP,
            place=place,
            excerpt=document.excerpt(place),
            note=Note(
                place=there,
                text=f"the first, in {first.path}",
                excerpt=first.excerpt(there),
                path=first.path,
            ),
            index=document.index,
        )


def find_doubles(manifests: Iterable[Manifest], *, kinds: Kinds = BUILT_IN_KINDS) -> list[Double]:
    """Find every named object that stands in its scope more than once, after the first."""
    seen: dict[tuple[str, Identity], Manifest] = {}
    doubles: list[Double] = []
    for manifest in manifests:
        if manifest.is_unique:
            identity = manifest.identity(kinds)
            first = seen.setdefault((manifest.scope, identity), manifest)
            if first is not manifest:
                doubles.append(Double(identity=identity, first=first, again=manifest))
    return doubles


def new_doubles(doubles: Iterable[Double], before: Iterable[Double]) -> Mapping[bool, list[Double]]:
    """Sort doubles: True has those that the change brings, False those that the base has as well."""
    known = {(double.again.scope, double.identity) for double in before}
    sorted_: dict[bool, list[Double]] = {True: [], False: []}
    for double in doubles:
        sorted_[(double.again.scope, double.identity) not in known].append(double)
    return sorted_
