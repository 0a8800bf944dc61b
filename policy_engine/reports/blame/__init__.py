"""Which field of an object a decision is about, since policies do not say: where a finding points."""

from __future__ import annotations

from policy_engine.reports.blame.culprits import Culprits
from policy_engine.reports.blame.evaluation import Parts
from policy_engine.reports.blame.paths import FieldPath, render_path

__all__ = ["Culprits", "FieldPath", "Parts", "render_path"]
