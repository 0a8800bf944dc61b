"""Charts and kustomizations found in a tree, and rendered to the objects that they stand for."""

from __future__ import annotations

from policy_engine.changes.rendering.codes import RenderingCode
from policy_engine.changes.rendering.rendered import Rendered, render, render_all
from policy_engine.changes.rendering.surveying import survey
from policy_engine.changes.rendering.units import Survey, Tool, Unit, reachable

__all__ = ["Rendered", "RenderingCode", "Survey", "Tool", "Unit", "reachable", "render", "render_all", "survey"]
