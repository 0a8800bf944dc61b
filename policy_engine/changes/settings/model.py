"""What `.polgate.yaml` can say, with what counts where it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from policy_engine.records import record

FILE = ".polgate.yaml"
API_VERSION = "polgate.io/v1alpha1"
KIND = "GateSettings"

DEFAULT_TIMEOUT_S = 30.0  # a chart of some hundred templates renders in under a second
DEFAULT_MEMORY_MB = 2048  # Go programs reserve far more addresses than they use


@record(kw_only=True)
class Place:
    """Where files are: a path in the repository, or in another one that is checked out.

    path: a file or a folder, with `/`. checkout: the other repository's folder, relative to the root of the
    work tree or absolute; empty for the repository itself, whose base revision is read.
    """

    path: str
    checkout: str = ""


@record(kw_only=True)
class Target:
    """Paths whose objects go to one place, so that none may be there twice. paths: patterns as in `.gitignore`."""

    name: str
    paths: tuple[str, ...]


@record(kw_only=True)
class FolderTargets:
    """Folders of which each is a target of its own. pattern: a path, in which `*` stands for part of a name."""

    pattern: str


@record(kw_only=True)
class Chart:
    """How a Helm chart is rendered.

    path: its folder, empty for the root. values: one tuple of files for each rendering, as paths from the root;
        later files win.
    """

    path: str
    values: tuple[tuple[str, ...], ...] = ()
    namespace: str = ""
    release: str = ""


@record(kw_only=True)
class Rendering:
    """What is rendered, and what a rendering may take.

    dependencies: a folder with packaged charts that the repository has not: relative to the root of the work
        tree or absolute; empty for none.
    charts: those that need telling. kustomizations: folders, of which an empty one is the root; without any, all
        that no other one uses.
    timeout_s, memory_mb: of one rendering.
    """

    helm: bool = True
    kustomize: bool = True
    dependencies: str = ""
    charts: tuple[Chart, ...] = ()
    kustomizations: tuple[str, ...] = ()
    timeout_s: float = DEFAULT_TIMEOUT_S
    memory_mb: int = DEFAULT_MEMORY_MB


@record(kw_only=True)
class User:
    """Who a forge's user is in the cluster."""

    username: str
    groups: tuple[str, ...] = ()
    uid: str = ""


@record(kw_only=True)
class Namespaces:
    """default: of manifests that name none. labels: of namespaces, by name; they win over manifests."""

    default: str = "default"
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@record(kw_only=True)
class GateSettings:
    """All settings of a gate.

    include, exclude: patterns as in `.gitignore` of the paths that are judged; empty include stands for all.
    targets: the first that fits a path is its. users: by the forge's login.
    fail_on: `deny` or `warn`. existing: findings that were there before block too.
    strict: what could not be decided blocks.
    kubernetes_version: such as `1.36`; empty for the newest that is known.
    """

    policies: tuple[Place, ...] = ()
    params: tuple[Place, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    targets: tuple[Target | FolderTargets, ...] = ()
    namespaces: Namespaces = Namespaces()
    rendering: Rendering = Rendering()
    users: Mapping[str, User] = field(default_factory=dict)
    fail_on: str = "deny"
    existing: bool = False
    strict: bool = False
    kubernetes_version: str = ""
