"""What all tests share: where the shared test data is, and the rule that no test is skipped unnoticed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
NO_SHARED_DATA = "the shared test data is not here"
NO_KUSTOMIZE = "neither kustomize nor kubectl is installed"
NO_SKIPS = bool(os.environ.get("POLGATE_NO_SKIPS"))


def shared_folder() -> Path:
    """Give the folder of the shared test data: POLGATE_SHARED, or `shared` beside the repository."""
    return Path(os.environ.get("POLGATE_SHARED") or ROOT.parent / "shared")


# No timed tests: a busy machine is no fault of ours. In CI the examples are the same in every run.
settings.register_profile("polgate", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("polgate")

# The only reasons for which a test may be skipped when POLGATE_NO_SKIPS is set, each while it really holds.
ALLOWED_SKIPS: tuple[tuple[str, bool], ...] = (
    (re.escape(NO_SHARED_DATA), not shared_folder().is_dir()),
    (re.escape(NO_KUSTOMIZE), not (shutil.which("kustomize") or shutil.which("kubectl"))),
)


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the repository's folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of the shared test data, or skip the test where a clone stands alone."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip(f"{NO_SHARED_DATA}: {folder}")
    return folder


def _is_allowed(reason: str) -> bool:
    return any(holds and re.search(pattern, reason) for pattern, holds in ALLOWED_SKIPS)


class UnwantedSkips:
    """Fail the run when a test was skipped for a reason that nobody has allowed."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            if not _is_allowed(reason):
                self.found.append(f"{report.nodeid}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("skipped without leave", red=True)
            for line in self.found:
                terminalreporter.line(line)
            terminalreporter.line("POLGATE_NO_SKIPS is set: mend these, or allow the reason in tests/conftest.py")


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skips in the process that sees all reports: with xdist that is not a worker."""
    if NO_SKIPS and not hasattr(config, "workerinput"):
        config.pluginmanager.register(UnwantedSkips(), "unwanted-skips")
