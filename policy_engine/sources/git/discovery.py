"""Where a repository is: found as git finds it, but without asking a program."""

from __future__ import annotations

import os

from policy_engine.records import record
from policy_engine.sources.git.errors import NOT_A_REPOSITORY, GitError, shown

_POINTER = "gitdir: "
_MAX_POINTER_BYTES = 64 * 1024  # a path and a line break; Linux has paths of up to 4 KiB


@record(kw_only=True)
class Location:
    """Where a repository's parts are, as absolute paths.

    git_dir: of this work tree. common_dir: what all its work trees share. root: the work tree, empty for none.
    """

    git_dir: str
    common_dir: str
    root: str


def locate(path: str) -> Location:
    """Find the repository that a path is in: a work tree, a folder inside one, or a bare repository.

    Raises: GitError.
    Source: git setup.c, setup_git_directory_gently_1, and gitrepository-layout(5).
    """
    start = folder = os.path.realpath(path)
    if not os.path.exists(start):
        raise GitError(f"`{shown(path)}` does not exist", code=NOT_A_REPOSITORY)
    while True:
        dot_git = os.path.join(folder, ".git")
        git_dir = _pointed_at(dot_git) if os.path.isfile(dot_git) else dot_git
        if (common_dir := _common_dir(git_dir)) is not None:
            return Location(git_dir=git_dir, common_dir=common_dir, root=folder)
        if git_dir != dot_git:
            raise GitError(f"`{shown(dot_git)}` points at no Git repository", code=NOT_A_REPOSITORY)
        if (common_dir := _common_dir(folder)) is not None:
            return Location(git_dir=folder, common_dir=common_dir, root="")
        parent = os.path.dirname(folder)
        if parent == folder:
            raise GitError(
                f"`{shown(path)}` is in no Git repository",
                code=NOT_A_REPOSITORY,
                help="run the command in a clone, or name one with `--repo`",
            )
        folder = parent


def _common_dir(git_dir: str) -> str | None:
    """Give where the objects of a repository are, or None where this is no repository."""
    common_dir = git_dir
    pointer = os.path.join(git_dir, "commondir")  # of a linked work tree
    if os.path.isfile(pointer):
        common_dir = os.path.realpath(os.path.join(git_dir, _read(pointer)))
    is_repository = (
        os.path.lexists(os.path.join(git_dir, "HEAD"))
        and os.path.isdir(os.path.join(common_dir, "objects"))
        and os.path.isdir(os.path.join(common_dir, "refs"))
    )
    return common_dir if is_repository else None


def _pointed_at(dot_git: str) -> str:
    """Follow the file that stands for the folder in linked work trees and submodules."""
    text = _read(dot_git)
    if not text.startswith(_POINTER):
        raise GitError(f"`{shown(dot_git)}` is no Git repository", code=NOT_A_REPOSITORY)
    return os.path.realpath(os.path.join(os.path.dirname(dot_git), text.removeprefix(_POINTER)))


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            text = os.fsdecode(file.read(_MAX_POINTER_BYTES)).rstrip("\r\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GitError(f"`{shown(path)}` cannot be read: {reason}", code=NOT_A_REPOSITORY) from None
    if "\0" in text:
        raise GitError(f"`{shown(path)}` is no Git repository", code=NOT_A_REPOSITORY)
    return text
