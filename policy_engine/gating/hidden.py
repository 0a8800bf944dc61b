"""Manifests among the files of charts and kustomizations that no rendering shows.

A generator's file, a patch for nothing, a template that Helm leaves out: none of them is deployed by what it is a
part of. Somebody who applies the folder deploys them all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from policy_engine.changes.contents import Scheme, read_contents
from policy_engine.changes.limits import CHANGE_LIMITS
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.rendering import charts
from policy_engine.changes.rendering.hooks import is_test
from policy_engine.sources import DocumentReader
from policy_engine.sources.git import FileChange
from policy_engine.sources.trees import Tree, TreeEntry
from policy_engine.sources.walk import EXTENSIONS

_TEMPLATE = b"{{"


def find_hidden(
    base: Tree,
    head: Tree,
    changes: Sequence[FileChange],
    scheme: Scheme,
    *,
    parts: Collection[str],
    rendered: Iterable[Manifest],
    known: Collection[str],
) -> tuple[list[Manifest], list[Manifest]]:
    """Give the manifests of changed parts that come out of no rendering, at base and head.

    parts: of the head. rendered: all that was rendered there. known: files that are judged as written anyhow.
    """
    candidates = [change.new for change in changes if change.new is not None and _may_hide(change.new, parts)]
    if not candidates:
        return [], []
    shown = {manifest.document.path for manifest in rendered if manifest.origin}
    found = _plain(
        head, [entry for entry in candidates if entry.path not in shown and entry.path not in known], scheme
    )
    if found:
        # A patch has the name of what it is for, and says only a part of it.
        entries = head.entries()
        sources = _plain(head, [entries[path] for path in sorted(shown) if path in entries], scheme)
        patched = {_name(manifest) for manifest in sources}
        found = [
            manifest
            for manifest in found
            if manifest.is_named and _name(manifest) not in patched and not _is_test_of_chart(manifest, entries)
        ]
    paths = {manifest.document.path for manifest in found}
    old = [change.old for change in changes if change.old is not None and change.path in paths]
    return _plain(base, old, scheme), found


def _may_hide(entry: TreeEntry, parts: Collection[str]) -> bool:
    return entry.path in parts and entry.path.endswith(EXTENSIONS)


def _plain(tree: Tree, entries: Sequence[TreeEntry], scheme: Scheme) -> list[Manifest]:
    """Read files as they are written. Of what Helm renders, those with anything to fill in are none."""
    reader = DocumentReader(CHANGE_LIMITS)
    data = dict(tree.read_many([entry.path for entry in entries], reader.limits))
    there = tree.entries()
    plain = [
        entry
        for entry in entries
        if isinstance(text := data[entry.path], bytes)
        and not (_TEMPLATE in text and _is_template(entry.path, there))
    ]
    return read_contents(tree, plain, scheme, reader, parts=()).manifests


def _is_test_of_chart(manifest: Manifest, there: Mapping[str, TreeEntry]) -> bool:
    return is_test(manifest.document.value) and _is_template(manifest.document.path, there)


def _is_template(path: str, there: Mapping[str, TreeEntry]) -> bool:
    """Tell whether a file is one of a chart's templates."""
    parts = path.split("/")
    folders = (parts[:at] for at, part in enumerate(parts[:-1]) if part == "templates")
    return any("/".join([*folder, charts.FILE_NAME]) in there for folder in folders)


def _name(manifest: Manifest) -> tuple[str, str]:
    return manifest.document.kind, manifest.document.name
