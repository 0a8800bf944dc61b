"""Which files a path stands for: itself, or the manifests in a directory, in a stable order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy_engine.records import record
from policy_engine.sources.ignore import IgnoreRules

EXTENSIONS = (".yaml", ".yml", ".json")


@record(kw_only=True)
class Unfollowed:
    """A symbolic link that was not followed, and why."""

    path: str
    reason: str


@record(kw_only=True)
class Unreadable:
    """A directory that could not be listed, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class _Walk:
    """One directory's walk. Links wait until all real files are known, so that no file is read under two names."""

    root: str
    real_root: str
    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    unfollowed: list[Unfollowed] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def walk(directory: str) -> Iterator[str | Unfollowed | Unreadable]:
    """Give the files with a manifest's extension below a directory, sorted by path.

    Left out: what `.gitignore` names, and directories whose name begins with a dot. A symbolic link is followed
    where its target is inside the directory and not met otherwise (a mounted ConfigMap is made of such links);
    one that leads out comes out as Unfollowed. A directory that cannot be listed comes out as Unreadable.
    """
    walk = _Walk(directory, os.path.realpath(directory))
    _descend(walk, directory, IgnoreRules.above(directory))
    while walk.links:  # a followed directory may hold links again
        links, walk.links = sorted(walk.links), []
        for link in links:
            _follow(walk, link)
    yield from sorted(walk.files, key=_in_order)
    yield from sorted(walk.unfollowed, key=lambda link: link.path)
    yield from sorted(walk.unreadable, key=lambda directory: directory.path)


def _descend(walk: _Walk, start: str, rules: IgnoreRules | None) -> None:
    waiting = [(start, rules)]
    while waiting:
        directory, outer = waiting.pop()
        real = os.path.realpath(directory)
        if real in walk.seen:
            continue
        walk.seen.add(real)
        rules = IgnoreRules.inside(real, outer)
        try:
            with os.scandir(directory) as entries:
                waiting += [(inner, rules) for inner in _sort(walk, entries, real, rules)]
        except OSError as error:
            walk.unreadable.append(Unreadable(path=directory, reason=(error.strerror or str(error)).lower()))


def _sort(walk: _Walk, entries: Iterable[os.DirEntry[str]], real: str, rules: IgnoreRules | None) -> Iterator[str]:
    """Put a directory's files and links where they belong, and give the directories in it."""
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if is_directory:
            if entry.name.startswith("."):
                continue
        elif not entry.is_symlink() and not entry.name.endswith(EXTENSIONS):
            continue
        inside = os.path.join(real, entry.name)
        if rules is not None and rules.leaves_out(inside, is_directory=is_directory):
            continue
        if is_directory:
            yield entry.path
        elif entry.is_symlink():
            walk.links.append(entry.path)
        elif entry.is_file(follow_symlinks=False):
            walk.files.append(entry.path)
            walk.seen.add(inside)


def _follow(walk: _Walk, link: str) -> None:
    target = os.path.realpath(link)
    if target in walk.seen:
        return
    is_directory = os.path.isdir(target)
    if is_directory:
        if os.path.basename(link).startswith("."):
            return
    elif not link.endswith(EXTENSIONS):
        return
    if os.path.commonpath((target, walk.real_root)) != walk.real_root:
        walk.unfollowed.append(Unfollowed(path=link, reason="is a symbolic link that leads out of the directory"))
    elif is_directory:
        _descend(walk, link, None)
    elif os.path.isfile(target):
        walk.seen.add(target)
        walk.files.append(link)
    else:
        walk.unfollowed.append(Unfollowed(path=link, reason="is a symbolic link that leads nowhere"))


def _in_order(path: str) -> list[str]:
    """Order by directory first, so that a folder's files stay together."""
    return path.split(os.sep)
