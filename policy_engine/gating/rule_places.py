"""Where rules are: places in the repository and in checkouts beside it, and what is wrong where nothing is."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Sequence

from policy_engine.authoring.fields import Problem, nearest
from policy_engine.changes.rendering.folders import Folders
from policy_engine.changes.settings.model import GateSettings, Place
from policy_engine.errors import InputError
from policy_engine.field_paths import FieldPath
from policy_engine.sources.trees import EntryKind, Tree

_WILD = re.compile(r"[*?\[{]")
_FROM_THE_ROOT = "paths begin at the root of the repository"


def misplaced(settings: GateSettings, rules: Tree, head: Tree, root: str, *, base: str = "") -> Iterator[Problem]:
    """Find what is wrong with the places of policies and params that settings name.

    rules: where they are read from. head: where policies may come in, that nothing is judged by yet.
    root: the work tree's folder, empty for a bare repository.
    base: what people call `rules`; empty where that is what they propose.
    """
    for key, places in (("policies", settings.policies), ("params", settings.params)):
        for index, place in enumerate(places):
            if place.checkout:
                yield from _in_checkout(place, (key, index), head, root)
            elif not has(rules, place.path) and (key != "policies" or not has(head, place.path)):
                # A place is a path, or a mapping with one: the mapping's field is not there for a mere path.
                yield _missing(place.path, (key, index, "path"), rules, base)


def has(tree: Tree, path: str) -> bool:
    """Tell whether a path is a file or a folder of a tree."""
    entries = tree.entries()
    if path in entries or path == ".":
        return True
    prefix = path + "/"
    return any(entry.startswith(prefix) for entry in entries)


def inside(path: str, root: str) -> str | None:
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


def checkout_path(place: Place, head: Tree, root: str) -> str:
    """Find files of another repository. What the change itself can put there is none.

    Raises: InputError.
    """
    folder = os.path.join(root, place.checkout)
    within = inside(folder, root)
    if within is not None and (has(head, within) or any(part in head.entries() for part in _above(within))):
        raise InputError(
            f"`{place.checkout}` is part of this repository, so that the change could write to it",
            help="have the CI job use a folder of its own, beside the repository",
        )
    return os.path.normpath(os.path.join(folder, place.path))


def _in_checkout(place: Place, field: FieldPath, head: Tree, root: str) -> Iterator[Problem]:
    try:
        path = checkout_path(place, head, root)
    except InputError as error:
        yield Problem(path=(*field, "checkout"), message=error.message, help=error.help)
        return
    folder = os.path.normpath(os.path.join(root, place.checkout))
    if not os.path.isdir(folder):
        message = f"`{place.checkout}` is not there: there is no folder `{folder}`"
        help = "have the CI job check it out before the gate runs; the path begins at the root of the work tree"
        yield Problem(path=(*field, "checkout"), message=message, help=help)
    elif not os.path.exists(path):
        hint = _hint(place.path, lambda inner: _names_in(os.path.join(folder, inner))) or (
            "the path begins at the root of the checkout"
        )
        message = f"`{place.path}` is not in `{place.checkout}`"
        yield Problem(path=(*field, "path"), message=message, help=hint)


def _missing(path: str, field: FieldPath, tree: Tree, base: str) -> Problem:
    message = f"`{path}` is not in {base}" if base else f"`{path}` is not there"
    above = next((part for part in _above(path) if part in tree.entries()), "")
    if above:
        kind = tree.entries()[above].kind
        message += f": `{above}` is a file" if kind is EntryKind.FILE else f": `{above}` is a {kind}, not followed"
    help = _hint(path, Folders(tree).names_in) or _FROM_THE_ROOT
    return Problem(path=field, message=message, help=_to_be_mended(help, base))


def _to_be_mended(help: str, base: str) -> str:
    if not base:
        return help
    return f"{help}{'' if help.endswith('?') else ';'} settings are read from {base}: mend them there"


def none_found(error_message: str, base: str = "") -> Problem:
    """Say of settings that what they name holds no policies."""
    help = "name files or folders that hold some"
    return Problem(path=("policies",), message=error_message, help=_to_be_mended(help, base))


def _hint(path: str, names_in: Callable[[str], Collection[str]]) -> str:
    """Say what may be meant by a path that is not there.

    names_in: gives the names of all that is in a folder; the root is empty.
    """
    parts = path.split("/")
    wild = next((index for index, part in enumerate(parts) if _WILD.search(part)), None)
    if wild is not None:
        folder = _near(parts[:wild], names_in)
        instead = f"`{folder}/` stands for all manifests in that folder" if folder else "name files and folders"
        return f"places are paths, not patterns: {instead}"
    near = _near(parts, names_in)
    return f"did you mean `{near}`?" if near else ""


def _near(parts: Sequence[str], names_in: Callable[[str], Collection[str]]) -> str:
    """Give the path that is there whose parts have the nearest names; empty where one is like none."""
    way = ""
    for part in parts:
        names = names_in(way)
        name = part if part in names else nearest(part, list(names))
        if not name:
            return ""
        way = posixpath.join(way, name)
    return way


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _above(path: str) -> Iterator[str]:
    """Give the folders above a path. One that is a file of the change is a link, and leads where it likes."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))
