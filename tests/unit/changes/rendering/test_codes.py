from __future__ import annotations

from pathlib import Path

from policy_engine.changes.rendering import RenderingCode


def test_every_code_of_rendering_is_documented(root: Path) -> None:
    page = (root / "docs" / "reference" / "error-codes.md").read_text()
    assert [code for code in RenderingCode if f"`{code}`" not in page] == []
