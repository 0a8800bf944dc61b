"""How Kubernetes names kinds and resources."""

from __future__ import annotations

from typing import NamedTuple


class GroupVersionKind(NamedTuple):
    """A kind of object, such as apps/v1 Deployment. The core group is the empty string."""

    group: str
    version: str
    kind: str

    @classmethod
    def parse(cls, api_version: str, kind: str) -> GroupVersionKind:
        """Read an object's `apiVersion` and `kind`."""
        group, version = split_api_version(api_version)
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """Give `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Kind={self.kind}"


class GroupVersionResource(NamedTuple):
    """A resource as it stands in a URL, such as apps/v1 deployments."""

    group: str
    version: str
    resource: str

    @property
    def group_resource(self) -> str:
        """Give `deployments.apps`, or `pods` for the core group: how messages name a resource."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def __str__(self) -> str:
        return f"{self.group}/{self.version}, Resource={self.resource}"


def split_api_version(api_version: str) -> tuple[str, str]:
    """Split `apps/v1` into its group and version; the core group is the empty string."""
    group, slash, version = api_version.partition("/")
    return (group, version) if slash else ("", group)
