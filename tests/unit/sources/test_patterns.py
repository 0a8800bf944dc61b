"""Patterns fit the paths that git would ignore for them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from policy_engine.errors import InputError
from policy_engine.sources.patterns import Patterns

PATHS = [
    "a.yaml",
    "apps/a.yaml",
    "apps/web/a.yaml",
    "apps/web/templates/a.yaml",
    "apps/web/keep.yaml",
    "libs/apps/a.yaml",
    "vendor/x/a.yaml",
    "vendor/keep.yaml",
    "with space/a.yaml",
    "ä/b.yaml",
    "#a.yaml",
]


@pytest.mark.parametrize(
    "lines",
    [
        ["*.yaml"],
        ["/*.yaml"],
        ["apps"],
        ["apps/"],
        ["/apps/"],
        ["apps/*"],
        ["apps/**"],
        ["**/templates/"],
        ["apps/**/a.yaml"],
        ["/apps/*/*.yaml", "!keep.yaml"],
        ["vendor/*", "!vendor/keep.yaml"],
        ["*", "!*/", "!a.yaml"],
        ["[ab].yaml"],
        ["?.yaml"],
        ["with space/"],
        ["ä"],
        ["\\#a.yaml"],
        ["a.yaml "],
        ["!apps/", "apps/"],
    ],
    ids=" ".join,
)
def test_patterns_fit_what_git_ignores(lines: list[str], tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("".join(f"{line}\n" for line in lines))
    command = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "--no-index", "--stdin", "-z"]
    asked = "\0".join(PATHS).encode() + b"\0"
    done = subprocess.run(command, cwd=tmp_path, input=asked, capture_output=True, check=False)
    ignored = [path for path in done.stdout.decode().split("\0") if path]
    patterns = Patterns(lines)
    assert [path for path in PATHS if patterns.matches(path)] == ignored


@pytest.mark.parametrize("lines", [["vendor/", "!vendor/keep.yaml"], ["vendor", "!keep.yaml"]])
def test_a_file_is_taken_out_of_a_folder_unlike_in_git(lines: list[str]) -> None:
    patterns = Patterns(lines)
    assert patterns.matches("vendor/x/a.yaml")
    assert not patterns.matches("vendor/keep.yaml")


def test_a_folder_is_taken_out_of_a_folder_unlike_in_git() -> None:
    patterns = Patterns(["apps/", "!apps/old/"])
    assert patterns.matches("apps/web/a.yaml")
    assert not patterns.matches("apps/old/a.yaml")


def test_no_patterns_fit_nothing() -> None:
    assert not Patterns([]).matches("a.yaml")


@pytest.mark.parametrize("path", ["a\udcff.yaml", "ä\udcff😀/b.yaml", "a\nb.yaml"])
def test_a_name_that_is_no_text_is_fitted_too(path: str) -> None:
    assert Patterns(["*.yaml"]).matches(path)
    assert not Patterns(["*.json"]).matches(path)


@pytest.mark.parametrize("line", ["", "  ", "#a", "/", "[a"])
def test_a_pattern_that_fits_no_path_is_refused(line: str) -> None:
    with pytest.raises(InputError) as caught:
        Patterns(["a", line])
    assert caught.value.message == f"`{line}` fits no path"


@pytest.mark.parametrize("line", ["!", "a\\", "[z-a]", "[[:alpha:]]", "a" * 100_000])
def test_what_is_no_pattern_is_refused(line: str) -> None:
    with pytest.raises(InputError) as caught:
        Patterns([line])
    assert caught.value.message == f"`{line}` is no pattern"
