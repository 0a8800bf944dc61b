"""What the files of a change hold before and after it: objects, other files, and what cannot be read."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from policy_engine.changes.codes import GateCode
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.rendering import charts, kustomizations
from policy_engine.changes.rendering.deployments import DEPLOYING_GROUPS
from policy_engine.records import record
from policy_engine.sources import Broken, Document, DocumentReader, LeftOut
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.text import UndecodableText, decode
from policy_engine.sources.trees import EntryKind, Tree, TreeEntry
from policy_engine.sources.walk import EXTENSIONS


@dataclass(slots=True)
class Contents:
    """What some files of one revision hold.

    manifests: objects that stand in files as they are applied. others: files that hold something else, by path.
    unread: what cannot be read, and is no manifest whatever it should have been.
    """

    manifests: list[Manifest] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    unread: list[Broken] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@record(kw_only=True)
class Scheme:
    """How the files of a repository are understood.

    is_judged: tells paths that are looked at. target: gives the scope of a path's objects.
    namespace: of objects that name none.
    """

    is_judged: Callable[[str], bool]
    target: Callable[[str], str]
    namespace: str


def read_contents(
    tree: Tree, entries: Iterable[TreeEntry], scheme: Scheme, reader: DocumentReader, *, parts: Collection[str]
) -> Contents:
    """Read files of a tree. Links and submodules are left out and said; nothing is silently skipped.

    parts: files that are no manifests by themselves, because what they are made of is rendered.
    """
    contents = Contents()
    manifests: list[str] = []
    for entry in entries:
        if not scheme.is_judged(entry.path):
            continue
        if _may_hide(entry, tree, scheme):
            contents.broken.append(
                Broken(
                    path=entry.path,
                    code=GateCode.LINK_NOT_JUDGED,
                    message="is a symbolic link that tools would follow, and what it leads to is not judged here",
                    help="put the file itself here",
                )
            )
        elif entry.kind is not EntryKind.FILE:
            contents.left_out.append(LeftOut(path=entry.path, reason=f"is a {entry.kind}, which is not followed"))
        elif entry.path in parts:
            contents.others.append(entry.path)
        elif entry.path.endswith(EXTENSIONS):
            manifests.append(entry.path)
        else:
            contents.others.append(entry.path)
    for path, data in tree.read_many(manifests, reader.limits):
        _read(path, data, scheme, reader, contents)
    return contents


def _may_hide(entry: TreeEntry, tree: Tree, scheme: Scheme) -> bool:
    """Tell whether a link stands for a manifest that nobody looks at. Out of the repository there is none."""
    if entry.kind is not EntryKind.LINK:
        return False
    if posixpath.basename(entry.path) in _MAKES_A_UNIT:
        return True  # tools follow it, and take the folder for what we do not
    if not entry.path.endswith(EXTENSIONS):
        return False
    target = tree.link(entry.path)
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
    if not target or inside.startswith("..") or target.startswith("/"):
        return not target
    found = tree.entries().get(inside)
    is_judged = inside.endswith(EXTENSIONS) and scheme.is_judged(inside)
    return found is None or found.kind is not EntryKind.FILE or not is_judged


def _read(path: str, data: bytes | Broken, scheme: Scheme, reader: DocumentReader, contents: Contents) -> None:
    if isinstance(data, Broken):
        contents.broken.append(data)
        return
    entries: Sequence[Document | Broken | LeftOut] = list(reader.read(path, data))
    broken = next((entry for entry in entries if isinstance(entry, Broken)), None)
    if broken is not None and broken.code in _OF_THE_TEXT and not may_hold_objects(data):
        contents.unread.append(broken)
        contents.others.append(path)
        return
    for entry in entries:
        if isinstance(entry, Document) and _is_disguised(entry, data):
            contents.broken.append(_disguised(entry))
        elif isinstance(entry, Document):
            contents.manifests.append(
                Manifest(
                    document=entry,
                    target=scheme.target(path),
                    scope=scheme.target(path),
                    namespace=scheme.namespace,
                )
            )
        elif isinstance(entry, Broken):
            contents.broken.append(_with_way_out(entry))
    left_out = [entry for entry in entries if isinstance(entry, LeftOut)]
    if left_out or not entries:
        contents.others.append(path)  # an object beside them does not make data in a file disappear
    if len(left_out) < len(entries):
        contents.left_out += left_out


def _is_disguised(document: Document, data: bytes) -> bool:
    """Tell whether an object that says how others are deployed would not be found by looking for its group."""
    group = document.api_version.partition("/")[0] + "/"
    return group in DEPLOYING_GROUPS and group.encode() not in data


def _disguised(document: Document) -> Broken:
    place = document.locate(("apiVersion",)).start
    return Broken(
        path=document.path,
        code=ProblemCode.UNSUPPORTED_VALUE,
        message=f"`{document.api_version}` is written with escapes or in UTF-16, where nobody would find it",
        help="write it as it is, in UTF-8",
        place=place,
        excerpt=document.excerpt(place),
        index=document.index,
    )


def may_hold_objects(data: bytes) -> bool:
    """Tell whether a text that we cannot read may be a manifest to somebody who can.

    No object does without the key `apiVersion`. It stands there as it is, or it takes an escape, a folded line or
    a tag such as `!!binary` to write it: so any backslash and any exclamation mark counts.
    """
    try:
        text = decode("", data).text
    except UndecodableText:
        return True
    return "\\" in text or "!" in text or "apiversion" in text.lower()


def _with_way_out(broken: Broken) -> Broken:
    """Say how to go on with a file that was never meant to be a manifest."""
    if broken.code not in _NO_MANIFEST:
        return broken
    way_out = "leave it out with `paths.exclude` in .polgate.yaml if it is no manifest"
    return replace(broken, help=f"{broken.help}; or {way_out}" if broken.help else way_out)


_MAKES_A_UNIT = (charts.FILE_NAME, *kustomizations.FILE_NAMES)

# Not the limits: what passes one of those has not been looked at to its end.
_OF_THE_TEXT = (
    ProblemCode.YAML_SYNTAX,
    ProblemCode.JSON_SYNTAX,
    ProblemCode.HELM_TEMPLATE,
    ProblemCode.DOCUMENT_SEPARATOR,
    ProblemCode.DUPLICATE_KEY,
    ProblemCode.UNSUPPORTED_KEY,
    ProblemCode.UNSUPPORTED_VALUE,
    ProblemCode.TAG_MISMATCH,
    ProblemCode.ALIAS_INVALID,
)
_NO_MANIFEST = (ProblemCode.YAML_SYNTAX, ProblemCode.JSON_SYNTAX, ProblemCode.HELM_TEMPLATE)
