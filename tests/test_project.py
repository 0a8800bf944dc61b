"""What the project says of itself fits together: locks, versions, targets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from policy_engine import __version__

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {
    name: (ROOT / "requirements" / name).read_text()
    for name in ("runtime.txt", "gate.txt", "server.txt", "dev.txt")
}
_PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def names(requirements: list[str]) -> set[str]:
    found = {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements}
    return found - {PROJECT["name"]}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_everything_with_hashes_and_names_no_host(name: str) -> None:
    text = LOCKS[name]
    pinned = _PINNED.findall(text)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert len(re.split(r"\n(?=[a-z0-9])", text)) - text.startswith("#") == len(pinned)
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text.split("\n", 2)[2]))
    assert "://" not in text


def test_the_locks_hold_all_that_is_declared() -> None:
    runtime, gate, server, dev = (dict(_PINNED.findall(text)) for text in LOCKS.values())
    extras = PROJECT["optional-dependencies"]
    assert names(PROJECT["dependencies"]) <= runtime.keys()
    assert names([*extras["dev"], *extras["cross-check"]]) <= dev.keys()
    assert names([*extras["server"], *extras["tracing"]]) <= server.keys()
    assert names(extras["files"]) <= gate.keys()
    assert runtime.items() <= server.items() <= dev.items()
    assert runtime.items() <= gate.items() <= dev.items()


def test_every_dependency_says_its_size_and_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    declared = [line for line in lines if re.match(r'  "[A-Za-z0-9-]+(\[.*\])?[<>=]', line)]
    assert len(declared) == len(PROJECT["dependencies"]) + sum(
        len([one for one in extra if not one.startswith("polgate[")])
        for extra in PROJECT["optional-dependencies"].values()
    )
    assert [line for line in declared if not re.search(r"# [0-9.]+ MB\b", line)] == []


def test_the_decision_about_dependencies_names_each_of_them() -> None:
    decision = (ROOT / "docs" / "adr" / "0004-dependencies.md").read_text()
    extras = PROJECT["optional-dependencies"]
    assert [name for name in names(PROJECT["dependencies"]) if f"| {name} |" not in decision] == []
    for extra in ("server", "tracing", "helm", "files"):
        assert [name for name in names(extras[extra]) if name not in decision] == []


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_every_target_of_the_makefile_is_described() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    described = re.findall(r"^([a-z0-9-]+):.*## \w", makefile, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted(described)
