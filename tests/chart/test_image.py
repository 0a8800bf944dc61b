"""The image, as far as it can be looked at without building it."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from policy_engine import __version__
from policy_engine.authoring.policy_files import load_policies

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COPIED = {
    source: line.split()[-1]
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
    for source in line.split()[:-1]
}


@pytest.mark.parametrize("source", COPIED)
def test_what_is_copied_is_there_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(fnmatch(source, pattern) for pattern in allowed)


def test_what_is_installed_is_locked_by_hashes() -> None:
    installs = re.findall(r"pip(?: --python \S+)? install ([^\n]*(?:\\\n[^\n]*)*)", DOCKERFILE)
    assert installs
    assert [one for one in installs if "--require-hashes" not in one and "--no-deps /tmp/wheel" not in one] == []


def test_what_builds_the_project_is_taken_from_the_lock_with_all_that_it_needs() -> None:
    listed = re.search(r"/\^\(([^)]*)\)==/", DOCKERFILE)
    assert listed is not None
    names = set(listed[1].split("|"))
    needed = [one for one in metadata.requires("hatchling") or [] if "python_version <" not in one]
    assert {"hatchling", "editables", *(re.split(r"[<>=!~; ]", one)[0] for one in needed)} == names
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    assert [name for name in names if f"\n{name}==" not in locked] == []


def test_it_runs_as_the_user_that_the_chart_names(render: Any) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    context = render()["Deployment", "polgate"]["spec"]["template"]["spec"]["securityContext"]
    assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user.groups()


def test_its_label_has_this_version() -> None:
    assert f'org.opencontainers.image.version="{__version__}"' in DOCKERFILE


def test_bundled_policies_lie_where_the_chart_looks_and_come_with_all_their_bindings(render: Any) -> None:
    objects = render(more={"policies": {"bundled": ["pod-security"]}})
    arguments = objects["Deployment", "polgate"]["spec"]["template"]["spec"]["containers"][0]["args"]
    paths = [argument.removeprefix("--policies=") for argument in arguments if argument.startswith("--policies=")]
    sources = []
    for path in paths:
        (found,) = [
            ROOT / source / Path(path).relative_to(target) if (ROOT / source).is_dir() else ROOT / source
            for source, target in COPIED.items()
            if Path(path).is_relative_to(target)
        ]
        sources.append(str(found))
    loaded = load_policies(sources, version="1.36")
    bound = {binding.policy_name for binding in loaded.set.bindings if binding.name != ""}
    assert bound == {policy.name for policy in loaded.set.policies}
    assert len(loaded.set.bindings) == len(loaded.set.policies)
    selectors = [binding.match_resources for binding in loaded.set.bindings]
    assert all(selector is not None for selector in selectors)
