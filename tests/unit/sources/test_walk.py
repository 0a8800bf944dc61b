from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from policy_engine.sources import Broken, Limits, ProblemCode, Unfollowed, find_files, read_file


def make(root: Path, files: Iterable[str]) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *paths: Path) -> list[str]:
    entries = find_files([str(path) for path in paths or (root,)])
    return [os.path.relpath(entry, root).replace(os.sep, "/") for entry in entries if isinstance(entry, str)]


def unfollowed(root: Path) -> list[str]:
    return [os.path.relpath(e.path, root) for e in find_files([str(root)]) if isinstance(e, Unfollowed)]


def test_manifests_are_found_in_a_stable_order(tmp_path: Path) -> None:
    make(tmp_path, ["b.yaml", "a/z.yml", "a/c/d.json", "a.yaml", "notes.txt"])
    assert found(tmp_path) == ["a/c/d.json", "a/z.yml", "a.yaml", "b.yaml"]


def test_hidden_directories_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, [".git/config.yaml", ".github/workflow.yaml", "a.yaml", ".b.yaml"])
    assert found(tmp_path) == [".b.yaml", "a.yaml"]


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path: Path) -> None:
    make(tmp_path, ["manifest.txt"])
    assert found(tmp_path, tmp_path / "manifest.txt") == ["manifest.txt"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, ["a.yaml"])
    assert found(tmp_path, tmp_path / "a.yaml", tmp_path) == ["a.yaml"]


def test_gitignore_is_honoured_at_every_level(tmp_path: Path) -> None:
    make(tmp_path, ["build/x.yaml", "a/tmp.yaml", "a/keep.yaml", "a/b/tmp.yaml", "c/tmp.yaml"])
    (tmp_path / ".gitignore").write_text("/build/\ntmp.yaml\n")
    (tmp_path / "c" / ".gitignore").write_text("!tmp.yaml\n")
    assert found(tmp_path) == ["a/keep.yaml", "c/tmp.yaml"]


def test_gitignore_above_the_folder_counts_inside_a_repository(tmp_path: Path) -> None:
    make(tmp_path, [".git/HEAD", "deploy/a.yaml", "deploy/secret.yaml"])
    (tmp_path / ".gitignore").write_text("secret.yaml\n")
    assert found(tmp_path, tmp_path / "deploy") == ["deploy/a.yaml"]


def test_gitignore_above_the_folder_does_not_count_outside_a_repository(tmp_path: Path) -> None:
    make(tmp_path, ["deploy/a.yaml"])
    (tmp_path / ".gitignore").write_text("a.yaml\n")
    assert found(tmp_path, tmp_path / "deploy") == ["deploy/a.yaml"]


def test_an_ignored_file_that_is_named_is_read(tmp_path: Path) -> None:
    make(tmp_path, ["a.yaml"])
    (tmp_path / ".gitignore").write_text("a.yaml\n")
    assert found(tmp_path, tmp_path / "a.yaml") == ["a.yaml"]


def test_links_out_of_the_root_are_not_followed_and_said(tmp_path: Path) -> None:
    make(tmp_path, ["root/a.yaml", "secret.yaml", "elsewhere/b.yaml"])
    (tmp_path / "root" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "root") == ["a.yaml"]
    assert unfollowed(tmp_path / "root") == ["folder", "link.yaml"]


def test_a_sibling_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    make(tmp_path, ["root/a.yaml", "root-secret/b.yaml"])
    (tmp_path / "root" / "link.yaml").symlink_to(tmp_path / "root-secret" / "b.yaml")
    assert found(tmp_path / "root") == ["a.yaml"]


def test_a_file_that_a_link_repeats_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, ["z.yaml"])
    (tmp_path / "a.yaml").symlink_to("z.yaml")
    assert found(tmp_path) == ["z.yaml"]


def test_loops_of_links_are_harmless(tmp_path: Path) -> None:
    make(tmp_path, ["a/x.yaml"])
    (tmp_path / "a" / "loop").symlink_to("..")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    assert found(tmp_path) == ["a/x.yaml"]


def test_a_mounted_config_map_is_read(tmp_path: Path) -> None:
    make(tmp_path, ["..2026/policy.yaml"])
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "policy.yaml").symlink_to("..data/policy.yaml")
    assert found(tmp_path) == ["policy.yaml"]


def test_a_path_that_is_not_there_is_broken(tmp_path: Path) -> None:
    (entry,) = find_files([str(tmp_path / "missing.yaml")])
    assert isinstance(entry, Broken)
    assert (entry.code, entry.message) == (
        ProblemCode.FILE_UNREADABLE,
        "cannot be read: no such file or directory",
    )


def test_a_file_is_never_read_past_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: " + "x" * 100)
    entry = read_file(str(path), Limits(file_bytes=10))
    assert isinstance(entry, Broken)
    assert entry.code == ProblemCode.FILE_TOO_LARGE


def test_a_directory_that_cannot_be_listed_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, ["a/x.yaml", "b/y.yaml"])
    listed = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(tmp_path) == ["b/y.yaml"]
    (unreadable,) = [entry for entry in find_files([str(tmp_path)]) if isinstance(entry, Broken)]
    assert (unreadable.path, unreadable.message) == (str(tmp_path / "a"), "cannot be read: permission denied")


@pytest.mark.parametrize("name", ["a\0b.yaml", "x" * 5000])
def test_impossible_names_are_broken_and_no_crash(name: str) -> None:
    (entry,) = find_files([name])
    assert isinstance(entry, Broken)
