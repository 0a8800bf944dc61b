"""Revisions of a Git repository: their files, what differs between them, and their commits."""

from __future__ import annotations

from policy_engine.sources.git.commits import Commit
from policy_engine.sources.git.errors import GitError
from policy_engine.sources.git.listing import FileChange
from policy_engine.sources.git.repository import Repository
from policy_engine.sources.git.tree import GitTree

__all__ = ["Commit", "FileChange", "GitError", "GitTree", "Repository"]
