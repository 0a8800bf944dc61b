"""All objects that a change touches, before and after it: in files as they are, and rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from policy_engine.changes.codes import GateCode
from policy_engine.changes.contents import Contents, Scheme, may_hold_objects, read_contents
from policy_engine.changes.doubles import Double, find_doubles, new_doubles
from policy_engine.changes.limits import CHANGE_LIMITS
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.rendering import Rendered, Survey, Unit, reachable, render_all, survey
from policy_engine.changes.settings.model import FolderTargets, GateSettings, Target
from policy_engine.gating.hidden import find_hidden
from policy_engine.gating.taken_in import TakenIn, find_taken_in
from policy_engine.gating.unread import sort_unread
from policy_engine.reports.findings import Notice
from policy_engine.sources import DEFAULT_LIMITS, Broken, DocumentReader, LeftOut
from policy_engine.sources.git import FileChange
from policy_engine.sources.patterns import Patterns
from policy_engine.sources.trees import EntryKind, Tree
from policy_engine.sources.walk import EXTENSIONS
from policy_engine.wording import counted, listed


@dataclass(slots=True)
class Side:
    """One revision of what a change touches. parts: files that are judged as they are rendered."""

    manifests: list[Manifest] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    parts: frozenset[str] = frozenset()


@dataclass(slots=True)
class TouchedObjects:
    """What a change touches.

    shadows: what no request is made of and is judged all the same: what would be there if things were judged as
    they were before (taken_in says which), and manifests that no rendering shows. old_shadows: of the base.
    broken: at the head. notices: of what is not judged there and is no fault. doubles: that the change brings.
    old_doubles: that the base has as well.
    """

    base: Side
    head: Side
    shadows: list[Manifest]
    old_shadows: list[Manifest]
    taken_in: TakenIn
    broken: list[Broken]
    notices: tuple[Notice, ...]
    left_out: list[LeftOut]
    doubles: list[Double]
    old_doubles: list[Double]


def scheme_of(settings: GateSettings) -> Scheme:
    """Make the settings' patterns ready."""
    include = Patterns(settings.include) if settings.include else None
    exclude = Patterns(settings.exclude)
    targets = [_scopes(target) for target in settings.targets]

    def is_judged(path: str) -> bool:
        return (include is None or include.matches(path)) and not exclude.matches(path)

    def target(path: str) -> str:
        return next(filter(None, (scope(path) for scope in targets)), "")

    return Scheme(is_judged=is_judged, target=target, namespace=settings.namespaces.default)


def _scopes(target: Target | FolderTargets) -> Callable[[str], str]:
    """Give what tells the scope of a path, or nothing where it does not go to this target."""
    if isinstance(target, Target):
        patterns = Patterns(target.paths)
        return lambda path: f"target {target.name}" if patterns.matches(path) else ""
    folder = re.compile("[^/]*".join(map(re.escape, target.pattern.split("*"))) + "/")

    def scope(path: str) -> str:
        found = folder.match(path)
        return f"folder {found[0]}" if found else ""

    return scope


def read_objects(
    base: Tree, head: Tree, changes: Sequence[FileChange], settings: GateSettings, scheme: Scheme, version: str
) -> TouchedObjects:
    """Read what changed files hold on both sides, and render what they can reach."""
    before = _survey(base, settings, scheme)
    surveys = (before, _survey(head, settings, scheme, before=before.units))
    parts = (_parts(surveys[0], scheme), _parts(surveys[1], scheme))
    # A file that a kustomization takes in, or lets go, is another thing from then on, though it is the same file.
    other_parts = (parts[0] ^ parts[1]) - {change.path for change in changes}
    sides: list[Side] = []
    contents: list[Contents] = []
    reader = DocumentReader(CHANGE_LIMITS)
    for index, (tree, entries) in enumerate(
        (
            (base, [change.old for change in changes if change.old is not None]),
            (head, [change.new for change in changes if change.new is not None]),
        )
    ):
        there = tree.entries() if other_parts else {}
        entries = [*entries, *(there[path] for path in sorted(other_parts - parts[index]) if path in there)]
        read = read_contents(tree, entries, scheme, reader, parts=parts[index])
        contents.append(read)
        sides.append(Side(read.manifests, read.others, parts[index]))
    unread = sort_unread(contents[0], contents[1], head)
    notices = (*unread.notices, *_left_out(head, changes, scheme))
    broken = [*surveys[1].broken, *unread.broken]
    pairs = [
        pair
        for pair in reachable(surveys[0], surveys[1], [change.path for change in changes])
        if any(unit is not None and scheme.is_judged(unit.file) for unit in pair)
    ]
    broken += _render(pairs, base, head, settings, scheme, version, sides)
    taken_in = find_taken_in(surveys[1], base, head, parts=parts)
    shadows = read_contents(head, taken_in.changed(changes), scheme, reader, parts=()).manifests
    units = [unit for unit in taken_in.units if scheme.is_judged(unit.file)]
    for unit, rendered in zip(
        units,
        render_all([(head, unit) for unit in units], settings.rendering, DEFAULT_LIMITS, kube_version=version),
        strict=True,
    ):
        shadows += _manifests(unit, rendered, scheme)
        broken += rendered.broken
    old_hidden, hidden = find_hidden(
        base, head, changes, scheme, parts=parts[1], rendered=[*sides[1].manifests, *shadows], known=taken_in.files
    )
    shadows += hidden
    doubles = new_doubles(find_doubles(sides[1].manifests), find_doubles(sides[0].manifests))
    return TouchedObjects(
        base=sides[0],
        head=sides[1],
        shadows=shadows,
        old_shadows=old_hidden,
        taken_in=taken_in,
        broken=broken,
        notices=notices,
        left_out=contents[1].left_out,
        doubles=doubles[True],
        old_doubles=doubles[False],
    )


def _left_out(head: Tree, changes: Sequence[FileChange], scheme: Scheme) -> Iterator[Notice]:
    """Say which manifests of a change the settings leave out: somebody may have moved them there."""
    paths = [
        change.path
        for change in changes
        if change.new is not None and change.path.endswith(EXTENSIONS) and not scheme.is_judged(change.path)
    ]
    read = head.read_many((path for path in paths if head.entries()[path].kind is EntryKind.FILE), CHANGE_LIMITS)
    found = [path for path, data in read if not isinstance(data, bytes) or may_hold_objects(data)]
    if found:
        what = counted(len(found), "changed manifest")
        yield Notice(
            code=GateCode.LEFT_OUT,
            message=f"{what} {'is' if len(found) == 1 else 'are'} not judged, as `paths` says: {listed(found)}",
            path=found[0],
        )


def _survey(tree: Tree, settings: GateSettings, scheme: Scheme, *, before: Iterable[Unit] = ()) -> Survey:
    return survey(
        tree,
        settings.rendering,
        DEFAULT_LIMITS,
        namespace=settings.namespaces.default,
        is_judged=scheme.is_judged,
        before=before,
    )


def _parts(found: Survey, scheme: Scheme) -> frozenset[str]:
    """Give the files that are judged as they are rendered: what belongs only to units left out is none of them."""
    left_out = [unit for unit in found.units if not scheme.is_judged(unit.file)]
    if not left_out:
        return found.parts
    judged = [unit for unit in found.units if scheme.is_judged(unit.file)]
    return frozenset(
        path
        for path in found.parts
        if not any(unit.reads(path) for unit in left_out) or any(unit.reads(path) for unit in judged)
    )


def _render(
    pairs: Sequence[tuple[Unit | None, Unit | None]],
    base: Tree,
    head: Tree,
    settings: GateSettings,
    scheme: Scheme,
    version: str,
    sides: Sequence[Side],
) -> list[Broken]:
    """Render what the change reaches, add the objects to the sides, and give what went wrong at the head.

    What cannot be rendered at the base is as if it had not been there: all that the head renders is new.
    """
    wanted = [
        (tree, unit) for pair in pairs for tree, unit in zip((base, head), pair, strict=True) if unit is not None
    ]
    rendered = iter(render_all(wanted, settings.rendering, DEFAULT_LIMITS, kube_version=version))
    broken: list[Broken] = []
    for pair in pairs:
        before, after = (None if unit is None else (unit, next(rendered)) for unit in pair)
        if after is not None and after[1].broken:
            broken += after[1].broken  # its objects are not known, so none of them can be said to be gone
            continue
        for side, found in zip(sides, (before, after), strict=True):
            if found is not None:
                side.manifests += _manifests(*found, scheme)
    return broken


def _manifests(unit: Unit, rendered: Rendered, scheme: Scheme) -> Iterator[Manifest]:
    target, scope = scheme.target(unit.file), "\0".join(unit.key)
    for document in rendered.documents:
        yield Manifest(document=document, target=target, scope=scope, origin=unit.title, namespace=unit.namespace)
