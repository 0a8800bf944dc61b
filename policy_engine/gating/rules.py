"""The rules that count for a change: settings and policies as they were before it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.files import BrokenFiles, mistake_of
from policy_engine.authoring.policy_files import LoadedPolicies, NoPolicies
from policy_engine.authoring.policy_trees import (
    FolderFiles,
    PlacedFiles,
    TreeFiles,
    load_policies_from,
)
from policy_engine.cel.environment import NEWEST
from policy_engine.changes.settings.model import FILE, GateSettings, Place
from policy_engine.changes.settings.reading import LIMITS, WrittenSettings, read_settings
from policy_engine.errors import InputError
from policy_engine.gating.options import GateOptions
from policy_engine.gating.rule_places import checkout_path, has, inside, misplaced, none_found
from policy_engine.records import record
from policy_engine.sources import Broken, Document, DocumentReader, ProblemCode
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonObject

_BASE = "the base"
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

    Raises: BrokenFiles, which tells mistakes of settings at their lines; NoPolicies; InputError where neither a
    tree nor an option names policies.
    """
    written = _settings(rules)
    settings = options.over(GateSettings() if written is None else written.settings)
    places = _given(options.policies, root, rules) if options.policies else settings.policies
    if written is not None:
        used = replace(settings, policies=()) if options.policies else settings
        problems = [*unusable_dependencies(settings, head, root)]
        problems += misplaced(used, rules, head, root, base=_BASE)
        if problems:
            raise BrokenFiles(map(written.document.mistake, problems))
    settings = with_dependencies(settings, head, root)
    if not places:
        if FILE in head.entries() and FILE not in rules.entries():
            version = settings.kubernetes_version or str(NEWEST)
            return Rules(settings=settings, loaded=None, paths=(), beside=(), params=(), version=version)
        other = next((name for name in _MISNAMED if name in rules.entries()), "")
        raise InputError(
            "nothing says where the policies are" + (f": `{other}` is not read" if other else ""),
            help=f"name them with `--policies PATH`, or under `policies` in {FILE} of the base",
        )
    try:
        return load_rules(settings, places, rules=rules, head=head, root=root)
    except NoPolicies as error:
        if written is None or options.policies:
            raise
        raise BrokenFiles([written.document.mistake(none_found(error.message, _BASE))]) from None


def load_rules(settings: GateSettings, places: tuple[Place, ...], *, rules: Tree, head: Tree, root: str) -> Rules:
    """Load the policies at places, at least one, and the params that settings name.

    Raises: BrokenFiles, NoPolicies, InputError.
    """
    version = settings.kubernetes_version or str(NEWEST)
    paths = tuple(place.path for place in places if not place.checkout)
    missing = [path for path in paths if not has(rules, path)]
    for path in missing:
        if not has(head, path):
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


def written_in(tree: Tree) -> bytes | Broken | None:
    """Read the file with the settings; None where there is none."""
    if FILE in tree.entries():
        return tree.read(FILE, LIMITS)
    if not has(tree, FILE):
        return None
    return Broken(
        path=FILE,
        code=ProblemCode.FILE_UNREADABLE,
        message="is a folder, expected a file with the settings of the gate",
        help="give the folder another name; nothing in it is read",
    )


def _settings(tree: Tree) -> WrittenSettings | None:
    data = written_in(tree)
    if isinstance(data, Broken):
        raise BrokenFiles([mistake_of(data)])
    return None if data is None else read_settings(FILE, data)


def _given(paths: Iterable[str], root: str, rules: Tree) -> tuple[Place, ...]:
    """Say where the paths of a command line are: what lies in the work tree is the repository's own."""
    places = []
    for path in paths:
        if not path:
            raise InputError("expected a path for `--policies`, found nothing")
        within = inside(path, root)
        if within is None and not root and not os.path.exists(path):
            within = path.rstrip("/")  # a bare repository has no folder that the path could lie in
        if within is None:
            if not os.path.exists(path):
                raise InputError(f"`{path}`: no such file or folder")
            places.append(Place(path=".", checkout=os.path.abspath(path)))
        else:
            places.append(Place(path=within))
    return tuple(places)


def _files(places: Sequence[Place], rules: Tree, head: Tree, root: str) -> list[PlacedFiles]:
    own = [place.path for place in places if not place.checkout]
    checkouts = _checkouts(places, head, root)
    return [TreeFiles(rules, own), *checkouts] if own else checkouts


def _checkouts(places: Iterable[Place], head: Tree, root: str) -> list[PlacedFiles]:
    folders = [checkout_path(place, head, root) for place in places if place.checkout]
    return [FolderFiles(folders)] if folders else []


def unusable_dependencies(settings: GateSettings, head: Tree, root: str) -> Iterator[Problem]:
    """Say what is wrong with the folder of packaged charts that settings name."""
    try:
        with_dependencies(settings, head, root)
    except InputError as error:
        yield Problem(path=("rendering", "dependencies"), message=error.message, help=error.help)


def with_dependencies(settings: GateSettings, head: Tree, root: str) -> GateSettings:
    """Say where on the disk the packaged charts are. Raises: InputError where the change could write to them."""
    rendering = settings.rendering
    if not rendering.dependencies:
        return settings
    folder = checkout_path(Place(path=".", checkout=rendering.dependencies), head, root)
    return replace(settings, rendering=replace(rendering, dependencies=folder))


def _objects(places: Iterable[PlacedFiles]) -> tuple[JsonObject, ...]:
    reader = DocumentReader()
    entries = [entry for place in places for entry in place.read(reader)]
    broken = [mistake_of(entry) for entry in entries if isinstance(entry, Broken)]
    if broken:
        raise BrokenFiles(broken)
    return tuple(entry.value for entry in entries if isinstance(entry, Document))
