from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from policy_engine.sources.document import Broken, LeftOut
from policy_engine.sources.git import Repository
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.tree_copy import copy_files
from policy_engine.sources.tree_paths import leads_out
from policy_engine.sources.trees import TreeEntry
from tests.git_repositories import TestRepository


class LyingTree:
    """A tree whose paths nobody has checked, as that of another kind of source might be."""

    id = ""

    def entries(self) -> Mapping[str, TreeEntry]:
        return {}

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        return b"x"

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        return ((path, b"x") for path in paths)

    def link(self, path: str) -> str:
        raise NotImplementedError

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        return []


@pytest.fixture
def made(tmp_path: Path) -> TestRepository:
    return TestRepository.create(tmp_path / "repository")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def copied(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy(
    made: TestRepository, paths: Iterable[str], target: Path, limits: Limits = DEFAULT_LIMITS
) -> list[object]:
    with Repository.open(str(made.folder)) as repository:
        return list(copy_files(repository.tree("HEAD"), paths, str(target), limits))


def test_files_are_written_at_their_own_paths(made: TestRepository, target: Path) -> None:
    made.commit({"a/Chart.yaml": "1", "a/templates/b.yaml": "2", "other.yaml": "3"})
    assert copy(made, ["a/Chart.yaml", "a/templates/b.yaml", "a/Chart.yaml"], target) == []
    assert copied(target) == {"a/Chart.yaml": b"1", "a/templates/b.yaml": b"2"}


def test_no_file_can_be_executed(made: TestRepository, target: Path) -> None:
    made.write({"run.sh": "#!/bin/sh"})
    (made.folder / "run.sh").chmod(0o755)
    made.commit({})
    assert copy(made, ["run.sh"], target) == []
    assert (target / "run.sh").stat().st_mode & 0o7777 == 0o600


def test_links_and_submodules_are_left_out_with_the_reason(made: TestRepository, target: Path) -> None:
    head = made.commit({"a.yaml": "1"})
    (made.folder / "link.yaml").symlink_to("/etc/passwd")
    made.git("add", "--all")
    made.git("update-index", "--add", "--cacheinfo", f"160000,{head},inner")
    made.git("commit", "--quiet", "--message", "Add them")
    problems = copy(made, ["a.yaml", "inner", "link.yaml"], target)
    assert problems == [
        LeftOut(path="inner", reason="submodule not followed"),
        LeftOut(path="link.yaml", reason="symbolic link not followed"),
    ]
    assert os.listdir(target) == ["a.yaml"]


def test_what_cannot_be_read_is_told_of_and_the_rest_written(made: TestRepository, target: Path) -> None:
    made.commit({"a.yaml": "1", "large.yaml": "123456"})
    problems = copy(made, ["missing.yaml", "large.yaml", "a.yaml"], target, Limits(file_bytes=5))
    assert [(one.path, one.code) for one in problems if isinstance(one, Broken)] == [
        ("missing.yaml", ProblemCode.FILE_UNREADABLE),
        ("large.yaml", ProblemCode.FILE_TOO_LARGE),
    ]
    assert copied(target) == {"a.yaml": b"1"}


def test_all_files_together_have_a_limit(
    made: TestRepository, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "123", "b.yaml": "456", "c.yaml": "7"})
    monkeypatch.setattr("policy_engine.sources.tree_copy.MAX_TOTAL_BYTES", 5)
    (problem,) = copy(made, ["a.yaml", "b.yaml", "c.yaml"], target)
    assert isinstance(problem, Broken)
    assert (problem.path, problem.code) == ("b.yaml", ProblemCode.FILE_TOO_LARGE)
    assert copied(target) == {"a.yaml": b"123"}


def test_the_number_of_files_has_a_limit(
    made: TestRepository, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.commit({"a.yaml": "1", "b.yaml": "2", "c.yaml": "3"})
    monkeypatch.setattr("policy_engine.sources.tree_copy.MAX_FILES", 2)
    (problem,) = copy(made, ["a.yaml", "b.yaml", "c.yaml"], target)
    assert isinstance(problem, Broken)
    assert (problem.path, problem.code) == ("c.yaml", ProblemCode.FILE_TOO_LARGE)


@pytest.mark.parametrize(
    "path", ["../x.yaml", "/x.yaml", "a/../../x.yaml", ".git/config", "a/.Git/config", "", "x\0y"]
)
def test_nothing_is_written_outside_the_folder(tmp_path: Path, target: Path, path: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    (problem,) = copy_files(LyingTree(), [path], str(target), DEFAULT_LIMITS)
    assert isinstance(problem, Broken)
    assert "leads out" in problem.message
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_that_is_there_already_is_not_written_through(tmp_path: Path, target: Path) -> None:
    outside = tmp_path / "outside"
    (target / "a.yaml").symlink_to(outside)
    (problem,) = copy_files(LyingTree(), ["a.yaml"], str(target), DEFAULT_LIMITS)
    assert isinstance(problem, Broken)
    assert not outside.exists()


def test_a_file_in_place_of_a_folder_is_told_of(target: Path) -> None:
    (problem,) = copy_files(LyingTree(), ["a", "a/b.yaml"], str(target), DEFAULT_LIMITS)
    assert isinstance(problem, Broken)
    assert problem.path == "a/b.yaml"


@pytest.mark.parametrize("path", ["a", "a/b..yaml", "..a/b", ".github/x.yaml", ".gitignore", "a/...", "git"])
def test_ordinary_paths_do_not_lead_out(path: str) -> None:
    assert not leads_out(path)
