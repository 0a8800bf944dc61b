"""What a kustomization names: the files it reads, the folders it builds on, and what is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from policy_engine.changes.rendering.codes import RenderingCode
from policy_engine.changes.rendering.folders import Folders, Target, parent_of
from policy_engine.changes.rendering.small_files import SmallFile, items, mapping, read_small_files, text
from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources import Broken, Limits
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonValue

# Source: sigs.k8s.io/kustomize api/konfig/general.go `RecognizedKustomizationFileNames`.
FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_FILES_OR_FOLDERS = ("resources", "bases", "components")
_PLUGINS = ("generators", "transformers", "validators")
_FILES = ("crds", "configurations")
_WITH_PATHS = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_HELM = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")


@record(kw_only=True)
class Kustomization:
    """A kustomization as it is written.

    folder: its own. files: what it reads, itself included. folders: kustomizations that it builds on.
    """

    folder: str
    file: str
    is_component: bool
    files: tuple[str, ...]
    folders: tuple[str, ...]
    broken: tuple[Broken, ...]


class _Mention(NamedTuple):
    """A path in a kustomization. may_be_inline: it may be YAML itself. may_be_folder: or a kustomization."""

    at: FieldPath
    written: str
    may_be_folder: bool = False
    may_be_inline: bool = False
    is_plugin: bool = False


def find_kustomizations(tree: Tree, folders: Folders, limits: Limits) -> dict[str, Kustomization]:
    """Read all kustomizations of a tree, by their folders."""
    paths = [path for path in folders.below("") if path.rpartition("/")[2] in FILE_NAMES and folders.is_file(path)]
    found: dict[str, Kustomization] = {}
    for path, file in list(read_small_files(tree, paths, limits)):
        folder = parent_of(path)
        made = _kustomization(tree, folders, folder, path, file, limits)
        if folder in found:
            made = _several(found[folder], made)
        found[folder] = made
    return {folder: _with_known_folders(one, found) for folder, one in found.items()}


def _kustomization(
    tree: Tree, folders: Folders, folder: str, path: str, file: SmallFile | Broken, limits: Limits
) -> Kustomization:
    if isinstance(file, Broken):
        return Kustomization(
            folder=folder, file=path, is_component=False, files=(path,), folders=(), broken=(file,)
        )
    faults = [_helm_refused(file, name) for name in _HELM if name in file.value]
    files, below, plugins = [path], [], []
    for mention in _mentions(file):
        target = folders.follow(folder, mention.written)
        if target.refusal:
            if not (mention.may_be_inline and _is_inline(mention.written)):
                faults.append(file.fault(mention.at, target.refusal, help=target.help))
        elif not target.is_folder:
            files.append(target.path)
            if mention.is_plugin:
                plugins.append(target.path)
        elif mention.may_be_folder:
            below.append(target.path)
        else:
            faults.append(file.fault(mention.at, f"`{mention.written}` is a folder, where a file is expected"))
    more, refused = _plugin_files(tree, folders, folder, plugins, limits)
    return Kustomization(
        folder=folder,
        file=path,
        is_component=file.value.get("kind") == "Component",
        files=tuple(dict.fromkeys([*files, *more])),
        folders=tuple(dict.fromkeys(below)),
        broken=(*faults, *refused),
    )


def _mentions(file: SmallFile) -> Iterator[_Mention]:
    value = file.value
    for name in _FILES_OR_FOLDERS:
        for index, written in enumerate(items(value.get(name))):
            yield _Mention((name, index), text(written), may_be_folder=True)
    for name in _PLUGINS:
        for index, written in enumerate(items(value.get(name))):
            yield _Mention((name, index), text(written), may_be_folder=True, may_be_inline=True, is_plugin=True)
    for name in _FILES:
        for index, written in enumerate(items(value.get(name))):
            yield _Mention((name, index), text(written))
    for index, written in enumerate(items(value.get("patchesStrategicMerge"))):
        yield _Mention(("patchesStrategicMerge", index), text(written), may_be_inline=True)
    yield from _fields(value)


def _fields(value: Mapping[str, JsonValue]) -> Iterator[_Mention]:
    """Give the paths that stand in fields: those of a kustomization, and those of a plugin's configuration."""
    openapi = text(mapping(value.get("openapi")).get("path"))
    if openapi:
        yield _Mention(("openapi", "path"), openapi)
    for name in _WITH_PATHS:
        for index, entry in enumerate(items(value.get(name))):
            path = text(mapping(entry).get("path"))
            if path:
                yield _Mention((name, index, "path"), path)
    for name in _GENERATORS:
        for index, entry in enumerate(items(value.get(name))):
            for mention in _generated(mapping(entry)):
                yield mention._replace(at=(name, index, *mention.at))


def _generated(entry: Mapping[str, JsonValue]) -> Iterator[_Mention]:
    for index, written in enumerate(items(entry.get("files"))):
        before, _, after = text(written).partition("=")
        yield _Mention(("files", index), after or before)
    for index, written in enumerate(items(entry.get("envs"))):
        yield _Mention(("envs", index), text(written))
    if text(entry.get("env")):
        yield _Mention(("env",), text(entry.get("env")))


def _plugin_files(
    tree: Tree, folders: Folders, folder: str, plugins: list[str], limits: Limits
) -> tuple[list[str], list[Broken]]:
    """Read the configurations of built-in plugins, which name files too, by the way from the kustomization."""
    files: list[str] = []
    faults: list[Broken] = []
    for _, file in read_small_files(tree, plugins, limits):
        if isinstance(file, Broken):
            continue  # several documents are fine with kustomize; what it cannot read it refuses itself
        if file.value.get("kind") == "HelmChartInflationGenerator":
            faults.append(_helm_refused(file, "kind"))
        for mention in (*_fields(file.value), *_generated(file.value), *_plugin_paths(file.value)):
            target: Target = folders.follow(folder, mention.written)
            if target.refusal:
                faults.append(file.fault(mention.at, target.refusal, help=target.help))
            else:
                files.append(target.path)
    return files, faults


def _plugin_paths(value: Mapping[str, JsonValue]) -> Iterator[_Mention]:
    if text(value.get("path")):
        yield _Mention(("path",), text(value.get("path")))
    for index, written in enumerate(items(value.get("paths"))):
        if not _is_inline(text(written)):
            yield _Mention(("paths", index), text(written))


def _is_inline(written: str) -> bool:
    return "\n" in written or "{" in written


def _helm_refused(file: SmallFile, field: str) -> Broken:
    return file.fault(
        (field,),
        f"`{field if field != 'kind' else 'HelmChartInflationGenerator'}` has kustomize run Helm",
        help="render the chart by itself: Polgate finds charts in the repository; kustomize runs no other program",
    )


def _several(one: Kustomization, other: Kustomization) -> Kustomization:
    fault = Broken(
        path=other.file,
        code=RenderingCode.FAILED.value,
        message=f"`{one.file}` is a kustomization of the same folder",
        help="keep one of them: kustomize refuses both",
    )
    return Kustomization(
        folder=one.folder,
        file=one.file,
        is_component=one.is_component and other.is_component,
        files=tuple(dict.fromkeys((*one.files, *other.files))),
        folders=tuple(dict.fromkeys((*one.folders, *other.folders))),
        broken=(*one.broken, *other.broken, fault),
    )


def _with_known_folders(one: Kustomization, known: Mapping[str, Kustomization]) -> Kustomization:
    """Find fault with folders that hold no kustomization."""
    unknown = [folder for folder in one.folders if folder not in known]
    if not unknown:
        return one
    faults = [
        Broken(
            path=one.file,
            code=RenderingCode.REFUSED.value,
            message=f"the folder `{folder or '.'}` holds no kustomization",
            help=f"add a {FILE_NAMES[0]} there, or name its files",
        )
        for folder in unknown
    ]
    return Kustomization(
        folder=one.folder,
        file=one.file,
        is_component=one.is_component,
        files=one.files,
        folders=tuple(folder for folder in one.folders if folder in known),
        broken=(*one.broken, *faults),
    )


def roots_of(kustomizations: Mapping[str, Kustomization], judged: Collection[str]) -> list[str]:
    """Give the folders to render: those that no other kustomization builds on, and one of every circle.

    judged: the folders whose kustomizations count; what only others build on is rendered by itself.
    """
    counted = {folder: one for folder, one in kustomizations.items() if folder in judged}
    used = {below for one in counted.values() for below in one.folders if below != one.folder}
    roots = [folder for folder, one in counted.items() if folder not in used and not one.is_component]
    reached = {folder for root in roots for folder in closure(root, kustomizations)}
    for folder, one in counted.items():
        if folder not in reached and not one.is_component:
            roots.append(folder)  # in a circle, which kustomize says
            reached.update(closure(folder, kustomizations))
    return roots


def closure(folder: str, kustomizations: Mapping[str, Kustomization]) -> list[str]:
    """Give a kustomization and all that it builds on, each once."""
    found: dict[str, None] = {}
    waiting = [folder]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found[at] = None
            waiting.extend(kustomizations[at].folders)
    return list(found)
