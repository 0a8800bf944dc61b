"""What forges and their CI systems tell about a change. Nothing here opens a connection."""

from __future__ import annotations

from policy_engine.forges.detection import detect
from policy_engine.forges.proposals import Build, Proposal

__all__ = ["Build", "Proposal", "detect"]
