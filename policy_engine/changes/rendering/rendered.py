"""Units rendered to the objects they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.changes.rendering.units import Unit
from policy_engine.changes.settings.model import Rendering
from policy_engine.records import record
from policy_engine.sources import Broken, Document, Limits
from policy_engine.sources.trees import Tree

PROGRAMS_AT_ONCE = 2  # each takes two processors for moments, and up to the memory that the settings allow


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
    """Render units of one or several trees, some at a time, and give them in the same order.

    Trees are read by this thread only.
    """
    from concurrent.futures import ThreadPoolExecutor  # most changes render nothing and need none of this
    from contextlib import ExitStack

    from policy_engine.changes.rendering.runs import Run

    rendered: list[Rendered] = []
    with ThreadPoolExecutor(PROGRAMS_AT_ONCE) as threads:
        for first in range(0, len(units), PROGRAMS_AT_ONCE):
            some = units[first : first + PROGRAMS_AT_ONCE]
            runs = [Run(tree, unit, settings, limits, kube_version) for tree, unit in some]
            with ExitStack() as stack:
                for run in runs:
                    run.prepare(stack)
                list(threads.map(Run.run, runs))
                rendered.extend(_rendered(*run.read()) for run in runs)
    return rendered


def _rendered(documents: list[Document], broken: list[Broken]) -> Rendered:
    return Rendered(broken=tuple(broken)) if broken else Rendered(documents=tuple(documents))
