"""SARIF reports held against Microsoft's SARIF Multitool: the rules of the format, and of GitHub's uploads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policy_engine.reports.findings import Report, combine
from policy_engine.reports.sarif_report import MAX_RESULTS, SarifWriter
from tests.golden.rich_report import NEW, RICH

PACKAGE = Path(__file__).parent / "sarif"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "polgate" / "sarif"
PROGRAM = CACHE / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"

# No more than a wish: where a tool has a site of its own, it should be named. There is none.
ACCEPTED = {"SARIF2005"}

Validate = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def multitool() -> Path:
    """Give the validator, installed by npm as it is locked."""
    if (
        PROGRAM.exists()
        and (CACHE / "package-lock.json").read_bytes() == (PACKAGE / "package-lock.json").read_bytes()
    ):
        return PROGRAM
    if shutil.which("npm") is None or sys.platform != "linux":
        pytest.skip("npm on Linux is needed to install the SARIF Multitool")
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, CACHE)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=CACHE, check=True, capture_output=True
    )
    PROGRAM.chmod(0o755)
    return PROGRAM


@pytest.fixture
def validate(multitool: Path, tmp_path: Path) -> Validate:
    """Give what tells the errors and warnings about a SARIF text."""

    def run(text: str) -> list[str]:
        given, found = tmp_path / "given.sarif", tmp_path / "found.sarif"
        given.write_text(text, encoding="utf-8")
        options = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite"]
        done = subprocess.run(
            [multitool, "validate", given, "-o", found, *options],
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1 files scanned" in done.stdout, done.stdout + done.stderr
        results = json.loads(found.read_text("utf-8-sig"))["runs"][0].get("results", [])
        return [f"{one['ruleId']}: {one['message']}" for one in results if one["ruleId"] not in ACCEPTED]

    return run


def written(report: Report) -> str:
    return "".join(SarifWriter().write(report))


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(RICH, id="a change with something of every sort"),
        pytest.param(replace(RICH, change=None), id="files"),
        pytest.param(combine([], policies=0), id="nothing"),
    ],
)
def test_the_validator_has_nothing_against_a_report(report: Report, validate: Validate) -> None:
    assert validate(written(report)) == []


def test_the_validator_has_nothing_against_a_report_of_more_than_github_keeps(validate: Validate) -> None:
    many = tuple(
        replace(NEW, path=f"deploy/{number}.yaml", fingerprint=f"{number:032x}")
        for number in range(MAX_RESULTS + 3)
    )
    text = written(replace(RICH, findings=many, broken=()))
    assert len(json.loads(text)["runs"][0]["results"]) == MAX_RESULTS
    assert validate(text) == []


def test_the_validator_sees_what_is_missing(validate: Validate) -> None:
    report = json.loads(written(RICH))
    del report["runs"][0]["results"][0]["locations"]
    del report["runs"][0]["tool"]["driver"]["rules"][0]["fullDescription"]
    found = "\n".join(validate(json.dumps(report)))
    assert "Error_MissingLocationsArray" in found
    assert "Error_MissingFullDescription" in found
