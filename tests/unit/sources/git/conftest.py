"""What the tests of Git repositories share: an empty one, and one opened to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from policy_engine.sources.git import Repository
from tests.git_repositories import TestRepository

Opener = Callable[..., Repository]


@pytest.fixture
def made(tmp_path: Path) -> TestRepository:
    """Give an empty repository with a work tree."""
    return TestRepository.create(tmp_path / "repository")


@pytest.fixture
def open_repository(made: TestRepository) -> Iterator[Opener]:
    """Give a function that opens a repository, the empty one unless another is named, and closes it afterwards."""
    with ExitStack() as stack:
        yield lambda folder=made.folder: stack.enter_context(Repository.open(str(folder)))
