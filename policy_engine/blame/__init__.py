"""Which field of an object a decision is about, since policies do not say: where a finding points."""

from __future__ import annotations

from policy_engine.blame.culprits import Culprits
from policy_engine.blame.parts import Parts

__all__ = ["Culprits", "Parts"]
