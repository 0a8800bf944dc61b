"""What the tests of CI configurations share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ci.forge import Forge


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """Give a forge with a repository."""
    return Forge(tmp_path / "forge")
