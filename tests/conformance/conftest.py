"""What the conformance tests share: the suites."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def suites(shared: Path) -> Path:
    """Give the folder of the test suites, or skip the test where they are not at hand."""
    return shared / "suites"
