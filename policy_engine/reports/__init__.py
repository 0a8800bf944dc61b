"""Verdicts written out: one model of what was found, and one module a format."""

from __future__ import annotations

from policy_engine.reports.findings import Finding, Level, ObjectName, Report
from policy_engine.reports.writer import ReportWriter

__all__ = ["Finding", "Level", "ObjectName", "Report", "ReportWriter"]
