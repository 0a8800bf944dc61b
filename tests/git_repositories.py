"""Git repositories for tests, made with the real git, and with trees that git itself would not make."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The same commits, with the same ids, in every run; nothing of the user's own settings.
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada Author",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "1767225600 +0000",
    "GIT_COMMITTER_NAME": "Carl Committer",
    "GIT_COMMITTER_EMAIL": "carl@example.com",
    "GIT_COMMITTER_DATE": "1767225600 +0000",
}


@dataclass(frozen=True, slots=True)
class TestRepository:
    """A repository in a folder, with a branch `main`."""

    __test__ = False

    folder: Path

    @classmethod
    def create(cls, folder: Path, *options: str) -> TestRepository:
        """Make an empty one. options: of `git init`, such as `--bare`."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch=main", *options, ".")
        return made

    @classmethod
    def clone(cls, source: TestRepository, folder: Path, *options: str) -> TestRepository:
        """Clone one, as from another machine: `--depth` and `--filter` work."""
        source.git("config", "uploadpack.allowFilter", "true")
        source.git("config", "uploadpack.allowAnySHA1InWant", "true")
        source.git("clone", "--quiet", *options, source.folder.as_uri(), str(folder))
        return cls(folder)

    def git(self, *arguments: str, stdin: bytes = b"", **environment: str) -> str:
        """Run git in the folder, and give what it wrote."""
        return self.git_bytes(*arguments, stdin=stdin, **environment).decode().strip()

    def git_bytes(self, *arguments: str, stdin: bytes = b"", **environment: str) -> bytes:
        """Run git in the folder, and give the bytes that it wrote."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            env=_ENVIRONMENT | environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files into the work tree; None removes one."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change") -> str:
        """Write files, commit all there is, and give the commit's id."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def blob(self, content: bytes) -> str:
        """Store content and give its id."""
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, entries: Sequence[tuple[str, str, bytes | str]]) -> str:
        """Store a tree of (mode, id, name), as it is said, whether git likes it or not, and give its id."""
        content = b"".join(
            mode.encode() + b" " + (name.encode() if isinstance(name, str) else name) + b"\0" + bytes.fromhex(id)
            for mode, id, name in entries
        )
        return self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=content)

    def commit_tree(self, tree: str, *parents: str, message: str = "Change") -> str:
        """Commit a tree without a branch, and give the commit's id."""
        named = [part for parent in parents for part in ("-p", parent)]
        return self.git("commit-tree", tree, *named, "-m", message)

    def remove_object(self, id: str) -> None:
        """Take an object away that is stored by itself, as in a damaged or partial clone."""
        path = self._object(id)
        path.chmod(0o600)
        path.unlink()

    def damage_object(self, id: str) -> None:
        """Overwrite an object that is stored by itself."""
        path = self._object(id)
        path.chmod(0o600)
        path.write_bytes(b"\0damaged")

    def state(self) -> dict[str, bytes]:
        """Give all files of the repository and its work tree, to see that nothing wrote to it."""
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def _object(self, id: str) -> Path:
        folder = Path(self.git("rev-parse", "--absolute-git-dir"))
        return folder / "objects" / id[:2] / id[2:]


def trap(folder: Path, name: str = "trap") -> tuple[Path, Path]:
    """Make a program that tells of having been run, and give it and the file that is there if it was."""
    program, sprung = folder / name, folder / f"{name}-was-run"
    program.write_text(f"#!/bin/sh\necho x >> '{sprung}'\nexit 1\n")
    program.chmod(0o755)
    return program, sprung


def wrapped_git(folder: Path, setting: str) -> str:
    """Put a git with one more environment variable first on a PATH, and give the PATH."""
    real = shutil.which("git")
    folder.mkdir()
    program = folder / "git"
    program.write_text(f'#!/bin/sh\n{setting} exec "{real}" "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"
