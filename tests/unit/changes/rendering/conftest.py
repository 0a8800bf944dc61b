"""What renders, where it is installed."""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import NO_KUSTOMIZE


@pytest.fixture(scope="session")
def kustomize() -> None:
    """Skip the test where nothing is installed that builds kustomizations."""
    if not (shutil.which("kustomize") or shutil.which("kubectl")):
        pytest.skip(NO_KUSTOMIZE)
