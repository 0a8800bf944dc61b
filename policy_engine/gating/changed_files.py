"""The files of a change that are no manifests, as objects before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from policy_engine.changes.files import file_document
from policy_engine.changes.limits import CHANGE_LIMITS
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.pairing import Pair, pair
from policy_engine.records import record
from policy_engine.sources import Broken
from policy_engine.sources.formats import format_of, read_data
from policy_engine.sources.trees import Tree


@record
class ChangedFiles:
    """Files as pairs. broken: those of the head that cannot be read in the format that their names tell."""

    pairs: tuple[Pair, ...]
    broken: tuple[Broken, ...]


def read_files(
    base: Tree, head: Tree, before: Collection[str], after: Collection[str], *, parts: Collection[str]
) -> ChangedFiles:
    """Read files whose names tell a format.

    before, after: paths in either tree. parts: of charts and kustomizations, which need not be in their format:
    the template of a manifest is none.
    """
    broken: list[Broken] = []
    old = [file for file in _read(base, before) if isinstance(file, Manifest)]
    new: list[Manifest] = []
    for file in _read(head, after):
        if isinstance(file, Manifest):
            new.append(file)
        elif file.path not in parts:
            broken.append(file)
    pairs = [one for one in pair(old, new) if one.differs]
    return ChangedFiles(tuple(pairs), tuple(broken))


def _read(tree: Tree, paths: Collection[str]) -> Iterator[Manifest | Broken]:
    wanted = [path for path in paths if format_of(path) is not None]
    for path, content in tree.read_many(wanted, CHANGE_LIMITS):
        data = content if isinstance(content, Broken) else read_data(path, content, CHANGE_LIMITS)
        if isinstance(data, Broken):
            yield data
        else:
            assert isinstance(content, bytes)
            document = file_document(path, data, size_bytes=len(content))
            yield Manifest(document=document, is_secret=data.is_secret)
