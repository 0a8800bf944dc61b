"""The tools that render, each behind one Protocol, and which of them is there."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Protocol

from policy_engine.changes.rendering.bounded import Ended, Task
from policy_engine.changes.rendering.codes import RenderingCode, RenderingError
from policy_engine.changes.rendering.messages import helm_error, kustomize_error
from policy_engine.changes.rendering.units import ChartInput, Tool, Unit
from policy_engine.changes.rendering.workspace import Workspace
from policy_engine.records import record

_HELM_PACKAGE = "helm_python"
_SOURCE = re.compile(r"^---\n# Source: (.*)\n", re.M)
_NOTES = "NOTES.txt"


@record
class Piece:
    """Some of what was rendered. template: as Helm names it; empty where the tool does not tell."""

    template: str
    text: str


class Renderer(Protocol):
    """A tool that renders."""

    def task(self, unit: Unit, workspace: Workspace, kube_version: str) -> Task:
        """Say what to run for a unit whose files are in a workspace."""

    def pieces(self, ended: Ended, workspace: Workspace) -> Iterable[Piece]:
        """Read what was rendered. Raises: RenderingError where the tool refused to, if only after all of it."""


def renderer_for(tool: Tool) -> Renderer:
    """Find a tool. Raises: RenderingError where there is none."""
    if tool is Tool.HELM:
        package = find_spec(_HELM_PACKAGE)
        if package is not None and package.origin is not None:
            return _HelmLibrary(os.path.dirname(os.path.dirname(package.origin)))
        helm = _found("helm")
        if helm:
            return _HelmProgram(helm)
        raise RenderingError(
            "Helm is not here to render this chart",
            code=RenderingCode.MISSING,
            help="install `polgate[helm]` or `helm`; `rendering.helm: false` in `.polgate.yaml` leaves charts out",
        )
    kustomize = _found("kustomize")
    if kustomize:
        return _Kustomize((kustomize, "build"))
    kubectl = _found("kubectl")
    if kubectl:
        return _Kustomize((kubectl, "kustomize"))
    raise RenderingError(
        "kustomize is not here to render this kustomization",
        code=RenderingCode.MISSING,
        help="install `kustomize` or `kubectl`; or have the files judged as they are written with "
        "`rendering.kustomize: false` in `.polgate.yaml`",
    )


def _found(program: str) -> str:
    """Find a program; never one in the folder that happens to be the current one, such as the repository's."""
    path = shutil.which(program)
    return path if path and os.path.isabs(path) else ""


@record
class _HelmLibrary:
    """Helm's engine as a library. site: the folder of its Python package."""

    site: str

    def task(self, unit: Unit, workspace: Workspace, kube_version: str) -> Task:
        chart = _chart(unit)
        request = {
            "chart": workspace.path_of(unit.path),
            "release": unit.release,
            "namespace": unit.namespace,
            "kube_version": kube_version,
            "values": [workspace.path_of(path) for path in unit.values],
            "inline": chart.inline,
            "parameters": [(one.text, one.is_string) for one in chart.parameters],
        }
        return Task(request=workspace.write("request.json", request), site=self.site)

    def pieces(self, ended: Ended, workspace: Workspace) -> Iterator[Piece]:
        if ended.status:
            raise helm_error(ended.errors, workspace.files)
        answer = json.loads(ended.output)
        if "error" in answer:
            raise helm_error(answer["error"], workspace.files)
        for crd in answer["crds"]:
            yield Piece(crd["filename"], crd["data"])
        for path, text in answer["templates"].items():
            if not path.endswith(_NOTES):
                yield Piece(path, text)
        if answer["refused"]:
            raise helm_error(answer["refused"], workspace.files)


@record
class _HelmProgram:
    """The `helm` that is installed."""

    path: str

    def task(self, unit: Unit, workspace: Workspace, kube_version: str) -> Task:
        chart = _chart(unit)
        files = [workspace.path_of(path) for path in unit.values]
        for index, inline in enumerate(chart.inline):
            files.append(workspace.write(f"values-{index}.json", json.loads(inline)))
        program = [self.path, "template", "--namespace", unit.namespace, "--include-crds"]
        program += ["--kube-version", kube_version] if kube_version else []
        for file in files:
            program += ["--values", _csv(file)]
        for one in chart.parameters:
            program += ["--set-string" if one.is_string else "--set", one.text]
        # Behind `--` a release that a manifest calls `--post-renderer=x` is a name, and a wrong one.
        return Task(program=[*program, "--", unit.release, workspace.path_of(unit.path)])

    def pieces(self, ended: Ended, workspace: Workspace) -> list[Piece]:
        if ended.status:
            raise helm_error(ended.errors, workspace.files)
        _, *parts = _SOURCE.split(ended.output.decode(errors="replace"))
        return [Piece(template, text) for template, text in zip(parts[::2], parts[1::2], strict=True)]


@record
class _Kustomize:
    """Kustomize, which refuses plugins, Helm and files outside a kustomization unless it is told to allow them."""

    command: tuple[str, ...]

    def task(self, unit: Unit, workspace: Workspace, kube_version: str) -> Task:
        return Task(program=[*self.command, workspace.path_of(unit.path)])

    def pieces(self, ended: Ended, workspace: Workspace) -> list[Piece]:
        if ended.status:
            raise kustomize_error(ended.errors, workspace.files)
        return [Piece("", ended.output.decode(errors="replace"))]


def _csv(path: str) -> str:
    """Write a path as the only field of a line of CSV: Helm takes commas for the ends of paths."""
    return '"' + path.replace('"', '""') + '"' if set(path) & set(',"\r\n') else path


def _chart(unit: Unit) -> ChartInput:
    assert unit.chart is not None, "only charts are rendered by Helm"
    return unit.chart
