"""What Argo CD and Flux manifests say of how a chart or a kustomization of the same repository is deployed."""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from policy_engine.changes.rendering.codes import RenderingCode, broken
from policy_engine.changes.rendering.folders import Folders, join
from policy_engine.changes.rendering.small_files import items, mapping, text
from policy_engine.changes.rendering.units import Parameter
from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources import Broken, Document, DocumentReader, Limits
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonObject, JsonValue

ARGO_GROUP = "argoproj.io/"
FLUX_GROUP = "helm.toolkit.fluxcd.io/"
FLUX_KUSTOMIZE_GROUP = "kustomize.toolkit.fluxcd.io/"
DEPLOYING_GROUPS = (ARGO_GROUP, FLUX_GROUP, FLUX_KUSTOMIZE_GROUP)

# Fields of an Application's source.helm that change nothing that is rendered here. CRDs are judged even where
# `skipCrds` leaves them to somebody else.
# Source: argo-cd pkg/apis/application/v1alpha1/types.go `ApplicationSourceHelm`.
_ARGO_HELM = frozenset(
    ("valueFiles", "values", "valuesObject", "parameters", "releaseName", "namespace", "ignoreMissingValueFiles")
) | frozenset(("version", "passCredentials", "skipCrds", "skipTests", "skipSchemaValidation"))
_ARGO_KUSTOMIZE = frozenset(("version",))
_CHART_HELP = "say in `.polgate.yaml` how this chart is rendered, under `rendering.charts`"
_KUSTOMIZE_HELP = (
    "name the kustomizations that are rendered as they are in `.polgate.yaml`, under `rendering.kustomizations`"
)
_ARGO_VARIABLE = "$ARGOCD_"
_FLUX_UNSUPPORTED = ("valuesFrom", "postRenderers")
_FLUX_RELEASE_LENGTH = 53  # Helm's limit; helm-controller shortens longer names with a hash


@record(kw_only=True)
class Deployment:
    """How one folder is deployed.

    variant: what tells it from other deployments of that folder. manifest: the file that says it.
    defaults: whether the chart's own values.yaml counts.
    """

    folder: str
    variant: str
    title: str
    manifest: str
    namespace: str = ""
    release: str = ""
    values: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    defaults: bool = True
    broken: tuple[Broken, ...] = ()


def find_deployments(
    tree: Tree, folders: Folders, charts: Collection[str], kustomizations: Collection[str], limits: Limits
) -> list[Deployment]:
    """Read the manifests of a tree that point at its charts and kustomizations, whichever repository they name."""
    found: list[Deployment] = []
    reader = DocumentReader(limits)
    paths = [path for path in tree.containing(DEPLOYING_GROUPS) if folders.is_file(path)]
    for path, data in tree.read_many(paths, limits):
        if isinstance(data, Broken):
            continue  # it is a broken manifest, and found as such
        for entry in reader.read(path, data):
            if not isinstance(entry, Document):
                continue
            if entry.kind == "Application" and entry.api_version.startswith(ARGO_GROUP):
                found.extend(_applications(entry, folders, charts, kustomizations))
            elif entry.kind == "HelmRelease" and entry.api_version.startswith(FLUX_GROUP):
                found.extend(_helm_release(entry, folders, charts))
            elif entry.kind == "Kustomization" and entry.api_version.startswith(FLUX_KUSTOMIZE_GROUP):
                found.extend(_flux_kustomization(entry, kustomizations))
    return _distinct(found)


def _distinct(found: list[Deployment]) -> list[Deployment]:
    """Number deployments of one folder that are called the same in one file, so that none stands for another."""
    counts: Counter[tuple[str, str]] = Counter()
    distinct = []
    for one in found:
        counts[one.folder, one.variant] += 1
        count = counts[one.folder, one.variant]
        distinct.append(one if count == 1 else replace(one, variant=f"{one.variant} #{count}"))
    return distinct


def _variant(document: Document, name: str) -> str:
    """Name a deployment. There are several of one name where each stage of a cluster has a folder of its own."""
    return f"{document.kind} {name} in {document.path}"


def _folder(written: str) -> str:
    path = posixpath.normpath(written.lstrip("/") or ".")
    return "" if path == "." else path


def _applications(
    document: Document, folders: Folders, charts: Collection[str], kustomizations: Collection[str]
) -> Iterator[Deployment]:
    spec = mapping(document.value.get("spec"))
    sources: list[tuple[FieldPath, JsonObject]] = [(("spec", "source"), mapping(spec.get("source")))]
    sources += [(("spec", "sources", index), mapping(one)) for index, one in enumerate(items(spec.get("sources")))]
    namespace = text(mapping(spec.get("destination")).get("namespace"))
    for at, source in sources:
        if not isinstance(source.get("path"), str) or "plugin" in source or "chart" in source:
            continue
        folder = _folder(text(source.get("path")))
        if folder in charts:
            yield _argo_chart(document, at, source, folder, namespace, folders)
        elif folder in kustomizations:
            kustomize = mapping(source.get("kustomize"))
            yield Deployment(
                folder=folder,
                variant=_variant(document, document.name),
                title=f"the Application {document.name}",
                manifest=document.path,
                namespace=namespace,
                broken=tuple(
                    _unsupported(document, (*at, "kustomize"), kustomize, _ARGO_KUSTOMIZE, _KUSTOMIZE_HELP)
                ),
            )


def _argo_chart(
    document: Document, at: FieldPath, source: JsonObject, folder: str, namespace: str, folders: Folders
) -> Deployment:
    helm = mapping(source.get("helm"))
    at = (*at, "helm")
    faults = list(_unsupported(document, at, helm, _ARGO_HELM, _CHART_HELP))
    values: list[str] = []
    for index, written in enumerate(items(helm.get("valueFiles"))):
        name = text(written)
        target = folders.follow(*_value_file(folder, name))
        if not target.refusal and not target.is_folder:
            values.append(target.path)
        elif not (target.is_missing and helm.get("ignoreMissingValueFiles") is True):
            faults.append(
                _fault(document, (*at, "valueFiles", index), f"the values file `{name}` is not in this repository")
            )
    inline = helm.get("valuesObject") or helm.get("values")
    parameters = [mapping(one) for one in items(helm.get("parameters"))]
    for index, one in enumerate(parameters):
        if _ARGO_VARIABLE in text(one.get("value")) or "[" in text(one.get("name")):
            message = "parameters of lists, and those with Argo CD's variables, are not rendered"
            faults.append(_fault(document, (*at, "parameters", index), message))
    return Deployment(
        folder=folder,
        variant=_variant(document, document.name),
        title=f"the Application {document.name}",
        manifest=document.path,
        namespace=text(helm.get("namespace")) or namespace,
        release=text(helm.get("releaseName")) or document.name,
        values=tuple(values),
        inline=tuple(_inline(document, (*at, "values"), inline, faults)),
        parameters=tuple(
            Parameter(
                text=_set(text(one.get("name")), text(one.get("value"))), is_string=one.get("forceString") is True
            )
            for one in parameters
        ),
        broken=tuple(faults),
    )


def _value_file(folder: str, written: str) -> tuple[str, str]:
    """Give where a valueFile's way begins: at the chart, or at the root for `/x` and for `$ref/x`."""
    if written.startswith("/"):
        return "", written.lstrip("/")
    if written.startswith("$"):
        return "", written.partition("/")[2]
    return folder, written


def _set(name: str, value: str) -> str:
    """Write a parameter for `--set`: a list in braces as it is, else with its commas kept.

    Source: argo-cd util/helm/cmd.go `cleanSetParameters`.
    """
    is_list = value.startswith("{") and value.endswith("}")
    return f"{name}=" + (value if is_list else re.sub(r"(?<!\\),", r"\\,", value))


def _inline(document: Document, at: FieldPath, values: JsonValue, faults: list[Broken]) -> Iterator[str]:
    if isinstance(values, dict) and values:
        yield json.dumps(values)
    elif isinstance(values, str) and values.strip():
        from policy_engine.sources.text import SourceText

        for read in DocumentReader().documents(SourceText(document.path, values)):
            if isinstance(read, tuple) and isinstance(read[0], dict):
                yield json.dumps(read[0])
            elif not (isinstance(read, tuple) and read[0] is None):
                faults.append(_fault(document, at, "these values are no YAML mapping"))


def _helm_release(document: Document, folders: Folders, charts: Collection[str]) -> Iterator[Deployment]:
    spec = mapping(document.value.get("spec"))
    chart = mapping(mapping(spec.get("chart")).get("spec"))
    kind = mapping(chart.get("sourceRef")).get("kind")
    if not isinstance(chart.get("chart"), str) or kind not in ("GitRepository", "Bucket"):
        return
    folder = _folder(text(chart.get("chart")))
    if folder not in charts:
        return
    faults = [
        _fault(document, ("spec", name), f"`{name}` is not rendered")
        for name in _FLUX_UNSUPPORTED
        if spec.get(name)
    ]
    values: list[str] = []
    files = items(chart.get("valuesFiles")) or ([chart["valuesFile"]] if chart.get("valuesFile") else [])
    for index, written in enumerate(files):
        target = folders.follow("", text(written).lstrip("/"))
        if target.refusal or target.is_folder:
            if not (target.is_missing and chart.get("ignoreMissingValuesFiles") is True):
                at = ("spec", "chart", "spec", "valuesFiles", index)
                faults.append(_fault(document, at, f"the values file `{text(written)}` is not in this repository"))
        else:
            values.append(target.path)
    target_namespace = text(spec.get("targetNamespace"))
    yield Deployment(
        folder=folder,
        variant=_variant(document, join(document.namespace, document.name)),
        title=f"the HelmRelease {join(document.namespace, document.name)}",
        manifest=document.path,
        namespace=target_namespace or document.namespace,
        release=_flux_release(spec, target_namespace, document.name),
        values=tuple(values),
        inline=tuple(_inline(document, ("spec", "values"), spec.get("values"), faults)),
        defaults=not files,
        broken=tuple(faults),
    )


def _flux_kustomization(document: Document, kustomizations: Collection[str]) -> Iterator[Deployment]:
    """Give what Flux builds. What it changes besides, such as with `postBuild`, is in no file and not judged."""
    spec = mapping(document.value.get("spec"))
    folder = _folder(text(spec.get("path")))
    if folder in kustomizations:
        name = join(document.namespace, document.name)
        yield Deployment(
            folder=folder,
            variant=_variant(document, name),
            title=f"the Flux Kustomization {name}",
            manifest=document.path,
            namespace=text(spec.get("targetNamespace")),
        )


def _flux_release(spec: Mapping[str, JsonValue], namespace: str, name: str) -> str:
    """Name a release as helm-controller does. Source: its api/v2 `HelmRelease.GetReleaseName`."""
    given = text(spec.get("releaseName")) or (f"{namespace}-{name}" if namespace else name)
    if len(given) <= _FLUX_RELEASE_LENGTH:
        return given
    from hashlib import sha256

    return f"{given[:40]}-{sha256(given.encode()).hexdigest()[:12]}"


def _unsupported(
    document: Document, at: FieldPath, fields: JsonObject, supported: Collection[str], help: str
) -> Iterator[Broken]:
    for name, value in fields.items():
        if name not in supported and value:
            yield _fault(document, (*at, name), f"`{name}` is not rendered", help)


def _fault(document: Document, at: FieldPath, message: str, help: str = _CHART_HELP) -> Broken:
    place = document.locate(at).start
    return broken(
        document.path,
        message,
        code=RenderingCode.REFUSED,
        help=help,
        place=place,
        excerpt=document.excerpt(place),
    )
