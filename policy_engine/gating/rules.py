"""The rules that count for a change: settings and policies as they were before it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from policy_engine.authoring.files import BrokenFiles, mistake_of
from policy_engine.authoring.policy_files import LoadedPolicies
from policy_engine.authoring.policy_trees import (
    FolderFiles,
    PlacedFiles,
    TreeFiles,
    load_policies_from,
)
from policy_engine.cel.environment import NEWEST
from policy_engine.changes.settings.model import FILE, GateSettings, Place
from policy_engine.changes.settings.reading import LIMITS, read_settings
from policy_engine.errors import InputError
from policy_engine.gating.options import GateOptions
from policy_engine.records import record
from policy_engine.sources import Broken, Document, DocumentReader
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonObject

_MISNAMED = (".polgate.yml", "polgate.yaml", "polgate.yml", ".polgate.json")


@record(kw_only=True)
class Rules:
    """What a change is judged by.

    loaded: None where the base has no policy yet, and the change brings the first.
    paths: of policies, in the repository itself. beside: where the others are.
    params: objects for policies, besides those that lie with them.
    missing: paths that only the change brings, so that nothing there counts yet.
    """

    settings: GateSettings
    loaded: LoadedPolicies | None
    paths: tuple[str, ...]
    beside: tuple[PlacedFiles, ...]
    params: tuple[JsonObject, ...]
    version: str
    missing: tuple[str, ...] = ()


def read_rules(options: GateOptions, *, rules: Tree, head: Tree, root: str) -> Rules:
    """Read the rules of a revision.

    rules, head: trees; of head nothing is taken but the answer whether it brings what is missing.
    root: the work tree's folder, empty for a bare repository.

    Raises: BrokenFiles, NoPolicies; InputError where neither a tree nor an option names policies.
    """
    settings = with_dependencies(options.over(_settings(rules)), head, root)
    version = settings.kubernetes_version or str(NEWEST)
    places = _given(options.policies, root, rules) if options.policies else settings.policies
    if not places:
        if FILE in head.entries() and FILE not in rules.entries():
            return Rules(settings=settings, loaded=None, paths=(), beside=(), params=(), version=version)
        other = next((name for name in _MISNAMED if name in rules.entries()), "")
        raise InputError(
            "nothing says where the policies are" + (f": `{other}` is not read" if other else ""),
            help=f"name them with `--policies PATH`, or under `policies` in {FILE} of the base",
        )
    paths = tuple(place.path for place in places if not place.checkout)
    missing = [path for path in paths if not _has(rules, path)]
    for path in missing:
        if not _has(head, path):
            raise InputError(
                f"`{path}` is not in the base",
                help="policies of the repository are read from its base: merge them first, or name others",
            )
    # Nobody could ever add the first policies otherwise; they are verified, and judge the next change.
    places = tuple(place for place in places if place.checkout or place.path not in missing)
    beside = _checkouts(places, head, root)
    files = _files(places, rules, head, root)
    return Rules(
        settings=settings,
        loaded=load_policies_from(files, version=version) if files else None,
        paths=paths,
        beside=tuple(beside),
        missing=tuple(missing),
        params=_objects(_files(settings.params, rules, head, root)),
        version=version,
    )


def _settings(tree: Tree) -> GateSettings:
    if FILE not in tree.entries():
        return GateSettings()
    data = tree.read(FILE, LIMITS)
    if isinstance(data, Broken):
        raise BrokenFiles([mistake_of(data)])
    return read_settings(FILE, data).settings


def _given(paths: Iterable[str], root: str, rules: Tree) -> tuple[Place, ...]:
    """Say where the paths of a command line are: what lies in the work tree is the repository's own."""
    places = []
    for path in paths:
        if not path:
            raise InputError("expected a path for `--policies`, found nothing")
        inside = _inside(path, root)
        if inside is None and not root and not os.path.exists(path):
            inside = path.rstrip("/")  # a bare repository has no folder that the path could lie in
        if inside is None:
            if not os.path.exists(path):
                raise InputError(f"`{path}`: no such file or folder")
            places.append(Place(path=".", checkout=os.path.abspath(path)))
        else:
            places.append(Place(path=inside))
    return tuple(places)


def _inside(path: str, root: str) -> str | None:
    """Give a path's place in the work tree, `.` for all of it; None where it is not in there."""
    if not root:
        return None
    real_root = os.path.realpath(root)
    for place in (os.path.abspath(path), os.path.realpath(path)):
        for top in (root, real_root):
            if place == top:
                return "."
            if place.startswith(top.rstrip(os.sep) + os.sep):
                return os.path.relpath(place, top).replace(os.sep, "/")
    return None


def _files(places: Sequence[Place], rules: Tree, head: Tree, root: str) -> list[PlacedFiles]:
    own = [place.path for place in places if not place.checkout]
    checkouts = _checkouts(places, head, root)
    return [TreeFiles(rules, own), *checkouts] if own else checkouts


def _checkouts(places: Iterable[Place], head: Tree, root: str) -> list[PlacedFiles]:
    folders = [_checkout(place, head, root) for place in places if place.checkout]
    return [FolderFiles(folders)] if folders else []


def _checkout(place: Place, head: Tree, root: str) -> str:
    """Find files of another repository. What the change itself can put there is none.

    Raises: InputError.
    """
    folder = os.path.join(root, place.checkout)
    inside = _inside(folder, root)
    if inside is not None and (_has(head, inside) or any(part in head.entries() for part in _above(inside))):
        raise InputError(
            f"`{place.checkout}` is part of this repository, so that the change could write to it",
            help="have the CI job use a folder of its own, beside the repository",
        )
    return os.path.normpath(os.path.join(folder, place.path))


def with_dependencies(settings: GateSettings, head: Tree, root: str) -> GateSettings:
    """Say where on the disk the packaged charts are. Raises: InputError where the change could write to them."""
    rendering = settings.rendering
    if not rendering.dependencies:
        return settings
    folder = _checkout(Place(path=".", checkout=rendering.dependencies), head, root)
    return replace(settings, rendering=replace(rendering, dependencies=folder))


def _above(path: str) -> Iterator[str]:
    """Give the folders above a path. One that is a file of the change is a link, and leads where it likes."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def _has(tree: Tree, path: str) -> bool:
    entries = tree.entries()
    if path in entries or path == ".":
        return True
    prefix = path + "/"
    return any(entry.startswith(prefix) for entry in entries)


def _objects(places: Iterable[PlacedFiles]) -> tuple[JsonObject, ...]:
    reader = DocumentReader()
    entries = [entry for place in places for entry in place.read(reader)]
    broken = [mistake_of(entry) for entry in entries if isinstance(entry, Broken)]
    if broken:
        raise BrokenFiles(broken)
    return tuple(entry.value for entry in entries if isinstance(entry, Document))
