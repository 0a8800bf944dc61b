"""Whole outputs of `polgate check`. `make golden` rewrites them; the difference is for a person to review."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_engine.cli.main import main

HERE = Path(__file__).parent
REWRITE = bool(os.environ.get("POLGATE_REWRITE_GOLDEN"))


@pytest.mark.parametrize(("name", "options"), [("check.txt", []), ("check.json", ["--output", "json"])])
def test_check_writes_what_was_reviewed(
    name: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "check")
    out = tmp_path / name
    code = main(
        ["check", "manifests", "--policies", "policies", "--output-file", str(out), "--jobs", "1", *options]
    )
    text = out.read_text("utf-8")
    golden = HERE / name
    if REWRITE:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
    assert code == 2
