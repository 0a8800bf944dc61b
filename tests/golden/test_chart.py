"""The chart as it is installed without further values. `make golden` rewrites it."""

from __future__ import annotations

import os
from pathlib import Path

import helm_python

HERE = Path(__file__).parent
CHART = HERE.parent.parent / "charts" / "polgate"
REWRITE = bool(os.environ.get("POLGATE_REWRITE_GOLDEN"))


def test_the_chart_installs_what_was_reviewed() -> None:
    with helm_python.Chart.load(CHART) as chart:
        texts = chart.render(
            {"image": {"repository": "registry.example/polgate"}}, name="polgate", namespace="polgate"
        )
    text = "".join(f"---\n# {path}\n{texts[path].strip()}\n" for path in sorted(texts) if texts[path].strip())
    golden = HERE / "chart.txt"
    if REWRITE:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
