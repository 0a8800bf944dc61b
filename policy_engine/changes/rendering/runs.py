"""One rendering on its way: files put together, the tool run, its output read, or the reason why not."""

from __future__ import annotations

import re
from contextlib import ExitStack

from policy_engine.changes.rendering.bounded import Bounds, Ended, Task, run
from policy_engine.changes.rendering.codes import RenderingCode, RenderingError
from policy_engine.changes.rendering.objects import Objects, fault_at
from policy_engine.changes.rendering.renderers import Renderer, renderer_for
from policy_engine.changes.rendering.small_files import SmallFile, read_small_files
from policy_engine.changes.rendering.units import Tool, Unit
from policy_engine.changes.rendering.workspace import Workspace
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import Broken, Document, Limits
from policy_engine.sources.text import SourceText, UndecodableText, decode
from policy_engine.sources.trees import Tree

# What Helm says of a chart by itself; of a subchart it says `error unpacking subchart` before.
_FIELD = re.compile(
    r"^Helm cannot render this: (?:chart requires (kubeVersion):|validation: chart\.metadata\.(\w+)|"
    r"(?:unsupported|invalid) chart (?:version|apiVersion))"
)


class Run:
    """One unit being rendered. Its steps are taken in the order they are written here."""

    def __init__(self, tree: Tree, unit: Unit, settings: Rendering, limits: Limits, kube_version: str) -> None:
        self._tree = tree
        self._unit = unit
        self._limits = limits
        self._kube_version = _full_version(kube_version) if kube_version else ""
        self._bounds = Bounds(
            timeout_s=settings.timeout_s, memory_mb=settings.memory_mb, output_bytes=limits.file_bytes
        )
        self._broken: list[Broken] = list(dict.fromkeys(unit.broken))
        self._renderer: Renderer | None = None
        self._workspace: Workspace | None = None
        self._task: Task | None = None
        self._ended: Ended | None = None
        self._error: RenderingError | None = None

    def prepare(self, stack: ExitStack) -> None:
        """Find the tool, and copy what it needs, unless it is known that it would be for nothing."""
        if self._broken:
            return
        try:
            renderer = renderer_for(self._unit.tool)
        except RenderingError as error:
            self._error = error
            return
        workspace = stack.enter_context(Workspace(self._tree, self._unit, self._limits))
        self._broken.extend(workspace.broken)
        if not self._broken:
            self._renderer, self._workspace = renderer, workspace
            self._task = renderer.task(self._unit, workspace, self._kube_version)

    def run(self) -> None:
        """Run the tool. In a thread of its own: nothing of the tree is read here."""
        if self._task is None or self._workspace is None:
            return
        workspace = self._workspace
        try:
            self._ended = run(self._task, workspace.path_of(self._unit.path), workspace.home, self._bounds)
        except RenderingError as error:
            self._error = error

    def read(self) -> tuple[list[Document], list[Broken]]:
        """Read what the tool wrote: objects, and what is wrong."""
        documents: list[Document] = []
        if self._ended is not None and self._renderer is not None and self._workspace is not None:
            keeps_origins = self._workspace.keeps_origins
            objects = Objects(self._tree, self._unit, self._limits, keeps_origins=keeps_origins)
            try:
                for entry in objects.read(self._renderer.pieces(self._ended, self._workspace)):
                    if isinstance(entry, Broken):
                        self._broken.append(entry)
                    else:
                        documents.append(entry)
            except RenderingError as error:
                self._error = error
        if self._error is not None and not self._broken:  # what is broken by itself has a place
            self._broken.append(self._fault(self._error))
        return documents, self._broken

    def _fault(self, error: RenderingError) -> Broken:
        field = "" if error.file or self._unit.tool is not Tool.HELM else self._field(error.message)
        if field:
            for _, file in read_small_files(self._tree, [self._unit.file], self._limits):
                if isinstance(file, SmallFile):
                    return file.fault((field,), error.message, code=RenderingCode(error.code), help=error.help)
        path = self._unit.file
        if error.file and self._unit.tool is Tool.HELM:
            path = Objects(self._tree, self._unit, self._limits, keeps_origins=False).file_of(error.file)
        elif error.file:
            inputs = [one for one in self._unit.inputs if one == error.file or one.endswith(f"/{error.file}")]
            path = inputs[0] if len(inputs) == 1 else path
        line = error.line if path != self._unit.file else 0
        return fault_at(self._text_of(path), line, error.message, code=error.code, help=error.help)

    def _field(self, message: str) -> str:
        """Tell which field of `Chart.yaml` Helm does not like; nothing where it is none."""
        chart = self._unit.chart
        if "invalid release name" in message:  # most are said by a deployment
            return "name" if chart is not None and chart.name == self._unit.release else ""
        found = _FIELD.search(message)
        return next(filter(None, found.groups()), "apiVersion") if found else ""

    def _text_of(self, path: str) -> SourceText:
        data = self._tree.read(path, self._limits)
        try:
            return SourceText(path, "") if isinstance(data, Broken) else decode(path, data)
        except UndecodableText:
            return SourceText(path, "")


def _full_version(version: str) -> str:
    """Write a version of Kubernetes as API servers do: `v1.36.0`."""
    version = version.removeprefix("v")
    return f"v{version}" if version.count(".") > 1 else f"v{version}.0"
