"""Whole outputs of every format for one report that has something of every sort. `make golden` rewrites them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_engine import __version__
from policy_engine.reports.formats import FORMATS, writer_of
from tests.golden.rich_report import RICH

HERE = Path(__file__).parent / "reports"
REWRITE = bool(os.environ.get("POLGATE_REWRITE_GOLDEN"))
FILES = {
    "text": "gate.txt",
    "json": "gate.json",
    "sarif": "gate.sarif",
    "junit": "gate.junit.xml",
    "gitlab-code-quality": "gate.code-quality.json",
    "github-annotations": "gate.annotations.txt",
    "markdown": "gate.md",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_change_is_reported_as_was_reviewed(name: str) -> None:
    text = "".join(writer_of(name).write(RICH)).replace(f'"{__version__}"', '"0.0.0"')
    golden = HERE / FILES[name]
    if REWRITE:
        golden.write_bytes(text.encode())
    assert text.encode() == golden.read_bytes()
