"""Files of a change that cannot be read and yet are no fault of it: what nothing could apply."""

from __future__ import annotations

import re

from policy_engine.changes.contents import Contents
from policy_engine.changes.limits import CHANGE_LIMITS
from policy_engine.changes.rendering import charts
from policy_engine.changes.skeletons import find_skeletons, is_in_skeleton
from policy_engine.records import record
from policy_engine.reports.findings import Notice
from policy_engine.sources import Broken, DocumentReader
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.text import UndecodableText, decode
from policy_engine.sources.trees import EntryKind, Tree


@record
class Unread:
    """What cannot be read at the head: broken where a manifest is or was, and else only told."""

    broken: tuple[Broken, ...]
    notices: tuple[Notice, ...]


def sort_unread(base: Contents, head: Contents, tree: Tree) -> Unread:
    """Tell faults from what is only told. tree: of the head.

    A file without a trace of an `apiVersion` is no manifest, whatever it is; but where one was, somebody broke it.
    Templates of Backstage, and those that a chart keeps beside its `templates` for `tpl`, are texts that no YAML
    reader takes, so nothing deploys them as they are; what can be read without its actions was broken by them.
    """
    held_objects = {one.document.path for one in base.manifests}
    known = {one.path for one in base.unread}
    broken: list[Broken] = []
    notices: list[Notice] = []
    for one in head.unread:
        if one.path in held_objects:
            broken.append(one)
        elif one.path not in known:
            notices.append(_told(one, f"{one.message}: taken for no manifest, as nothing in it says `apiVersion`"))
    looking_so = (one for one in head.broken if one.code == ProblemCode.HELM_TEMPLATE)
    templates = {one for one in looking_so if _is_broken_by_actions(one.path, tree)}
    skeletons = find_skeletons(tree) if templates else frozenset()
    for one in head.broken:
        if one not in templates:
            broken.append(one)
        elif _is_in_chart(one.path, tree):
            notices.append(_told(one, "a template beside a chart's own: judged where the chart renders it"))
        elif is_in_skeleton(one.path, skeletons):
            notices.append(_told(one, "a template that Backstage fills in: no YAML before, and not judged"))
        else:
            broken.append(one)
    return Unread(tuple(broken), tuple(notices))


def _is_broken_by_actions(path: str, tree: Tree) -> bool:
    """Tell whether a text can be read with its actions replaced.

    Within one line only: what is broken by itself stays so, whatever braces stand in comments around it.
    """
    reader = DocumentReader(CHANGE_LIMITS)
    data = tree.read(path, reader.limits)
    if not isinstance(data, bytes):
        return False
    try:
        text = decode(path, data).text
    except UndecodableText:
        return False
    plain = _ACTION.sub("x", _ACTIONS_ALONE.sub("", text))
    return not any(isinstance(entry, Broken) for entry in reader.read(path, plain.encode("utf-8", "replace")))


_ACTIONS_ALONE = re.compile(r"^[ \t]*(?:\{\{[^\n]*?\}\}|\{%[^\n]*?%\}|\{#[^\n]*?#\})[ \t\r]*$", re.M)
_ACTION = re.compile(r"\$?\{\{[^\n]*?\}\}|\{%[^\n]*?%\}")


def _is_in_chart(path: str, tree: Tree) -> bool:
    parts, there = path.split("/"), tree.entries()
    files = ("/".join([*parts[:length], charts.FILE_NAME]) for length in range(len(parts)))
    return any(file in there and there[file].kind is EntryKind.FILE for file in files)


def _told(broken: Broken, message: str) -> Notice:
    return Notice(code=broken.code, message=message, path=broken.path, place=broken.place)
