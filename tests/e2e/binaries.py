"""Where the programs of a Kubernetes control plane are, by the conventions of controller-runtime's envtest."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

USUAL_FOLDER = Path("/usr/local/kubebuilder/bin")  # where envtest looks without KUBEBUILDER_ASSETS
HOW_TO_GET_THEM = (
    'no kube-apiserver and etcd at hand: build them with export KUBEBUILDER_ASSETS="$(.ci/kube/build)", which '
    "takes Go and some minutes once, or set KUBEBUILDER_ASSETS to what setup-envtest has downloaded"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The programs that a cluster is made of."""

    etcd: Path
    api_server: Path
    kubectl: Path


def find_binaries() -> Binaries | None:
    """Give the programs, or None where nobody has said where they are.

    Raises:
        FileNotFoundError: when one of them is not in the folder that KUBEBUILDER_ASSETS names.
    """
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if not named and not USUAL_FOLDER.is_dir():
        return None
    folder = Path(named) if named else USUAL_FOLDER
    return Binaries(
        etcd=_program(folder, "etcd"),
        api_server=_program(folder, "kube-apiserver"),
        kubectl=_program(folder, "kubectl", also=shutil.which("kubectl")),
    )


def _program(folder: Path, name: str, *, also: str | None = None) -> Path:
    for path in (folder / name, *([Path(also)] if also else [])):
        if os.access(path, os.X_OK):
            return path.absolute()
    raise FileNotFoundError(
        f"no program `{name}` in `{folder}`: KUBEBUILDER_ASSETS must name a folder that has it"
    )
