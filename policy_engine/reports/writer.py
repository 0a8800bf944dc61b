"""The seam between what was found and how it is written: one module a format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from policy_engine.reports.findings import Report


class ReportWriter(Protocol):
    """Writes a report in one format."""

    def write(self, report: Report) -> Iterator[str]:
        """Give the report's text in pieces. Nothing in it needs further escaping."""
