"""Units rendered."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.changes.rendering.units import Unit
from policy_engine.changes.settings.model import Rendering
from policy_engine.records import record
from policy_engine.sources import Broken, Document, Limits
from policy_engine.sources.trees import Tree


@record(kw_only=True)
class Rendered:
    """What a unit stands for. documents: empty where anything is broken: half of a rendering is none."""

    documents: tuple[Document, ...] = ()
    broken: tuple[Broken, ...] = ()


def render(tree: Tree, unit: Unit, settings: Rendering, limits: Limits, *, kube_version: str = "") -> Rendered:
    """Render one unit. kube_version: such as `1.36`, for Helm; empty for the one that it takes by itself."""
    return render_all([(tree, unit)], settings, limits, kube_version=kube_version)[0]


def render_all(
    units: Sequence[tuple[Tree, Unit]], settings: Rendering, limits: Limits, *, kube_version: str = ""
) -> list[Rendered]:
    """Render units of one or several trees, two at a time, and give them in the same order."""
    raise NotImplementedError
