"""The shipped library: every policy is complete, sound and passes its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from policy_engine.authoring.lint import lint
from policy_engine.authoring.policy_files import load_policies
from policy_engine.authoring.testing.results import TestRun, render_text
from policy_engine.authoring.testing.run import run_file
from policy_engine.sources.document import Document
from policy_engine.sources.reading import DocumentReader
from tests.json_parts import items, mapping, text

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "policies"
GROUPS = sorted(folder for folder in LIBRARY.iterdir() if folder.is_dir())
FOLDERS = sorted(folder for group in GROUPS for folder in group.iterdir() if folder.is_dir())
TEST_FILES = sorted(LIBRARY.rglob("*.test.yaml"))
OLDEST, NEWEST = "1.30", "1.36"  # the versions that the library is for
MAX_LINE = 111


def name_of(path: Path) -> str:
    return path.name if path.is_dir() else f"{path.parent.name}/{path.name}"


def documents(path: Path) -> list[Document]:
    read = list(DocumentReader().read(str(path), path.read_bytes()))
    found = [entry for entry in read if isinstance(entry, Document)]
    assert len(found) == len(read)
    return found


def test_the_library_is_not_empty() -> None:
    assert len(FOLDERS) >= 19


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_policy_lies_with_its_tests_and_its_page(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} >= {"policy.yaml", "policy.test.yaml", "README.md"}


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_policy_is_named_after_its_folder_and_says_what_it_is(folder: Path) -> None:
    (policy,) = documents(folder / "policy.yaml")
    labels = mapping(policy.value, "metadata", "labels")
    annotations = mapping(policy.value, "metadata", "annotations")
    title = annotations["policies.polgate.io/title"]
    assert policy.name == f"{folder.parent.name}-{folder.name}"
    assert folder.name.startswith(text(labels, "pod-security.polgate.io/level"))
    assert text(annotations, "policies.polgate.io/description").endswith(".")
    assert (folder / "README.md").read_text().startswith(f"# {title}\n")


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_api_server_takes_a_policy_from_the_oldest_version_to_the_newest(folder: Path, version: str) -> None:
    assert lint(documents(folder / "policy.yaml"), version=version) == []


@pytest.mark.parametrize("file", TEST_FILES, ids=name_of)
def test_a_policy_passes_its_tests(file: Path) -> None:
    result = run_file(str(file), version=NEWEST, selects=lambda name: True)
    assert result.mistakes == ()
    assert [case for case in result.results if not case.passed] == [], render_text(TestRun(files=(result,)))
    assert len(result.results) >= 5


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_tests_of_a_policy_want_a_message_of_every_validation(folder: Path) -> None:
    (policy,) = documents(folder / "policy.yaml")
    cases = yaml.safe_load((folder / "policy.test.yaml").read_text())["cases"]
    wants = [want for case in cases for want in _as_list(case["want"]) if isinstance(want, dict)]
    told = {want["validation"] for want in wants if want["outcome"] == "deny" and "message" in want}
    assert told == set(range(len(items(policy.value, "spec", "validations"))))


def _as_list(want: object) -> list[object]:
    return want if isinstance(want, list) else [want]


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_policy_fits_the_width_of_a_page(folder: Path) -> None:
    lines = (folder / "policy.yaml").read_text().splitlines()
    assert [line for line in lines if len(line) > MAX_LINE or line != line.rstrip()] == []


def test_what_all_policies_share_is_the_same_in_all_of_them() -> None:
    specs = [mapping(documents(folder / "policy.yaml")[0].value, "spec") for folder in FOLDERS]
    variables = [
        {text(variable, "name"): text(variable, "expression") for variable in items(spec, "variables")}
        for spec in specs
    ]
    assert all(spec["failurePolicy"] == "Fail" for spec in specs)
    for field in ("matchConstraints", "matchConditions"):
        assert all(spec[field] == specs[0][field] for spec in specs), field
    for name in ("spec", "containers", "isRelaxed", "version", "isWindows"):
        assert len({declared[name] for declared in variables if name in declared}) == 1, name


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_the_overview_of_a_group_leads_to_every_policy(group: Path) -> None:
    page = (group / "README.md").read_text()
    assert [f.name for f in FOLDERS if f.parent == group and f"[{f.name}]({f.name}/README.md)" not in page] == []


def test_the_whole_library_loads_together() -> None:
    loaded = load_policies([str(LIBRARY)], version=OLDEST)
    assert len(loaded.set.policies) == len(FOLDERS)
    assert loaded.set.errors == ()
