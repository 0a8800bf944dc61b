"""Where things are in the Kubernetes API."""

from __future__ import annotations

from urllib.parse import quote


def group_path(group: str, version: str) -> str:
    """Give the path of a group's version; the core group is the empty string."""
    return (
        f"/apis/{quote(group, safe='')}/{quote(version, safe='')}" if group else f"/api/{quote(version, safe='')}"
    )


def resource_path(group: str, version: str, resource: str, *, namespace: str = "", name: str = "") -> str:
    """Give the path of a resource: of all of it, of what is in a namespace, or of one object."""
    path = group_path(group, version)
    if namespace:
        path += f"/namespaces/{quote(namespace, safe='')}"
    path += f"/{quote(resource, safe='')}"
    return f"{path}/{quote(name, safe='')}" if name else path
