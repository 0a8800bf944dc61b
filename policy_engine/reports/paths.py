"""Paths as other systems want them: from the root of the repository, without detours."""

from __future__ import annotations

import posixpath
from urllib.parse import quote


def relative_path(path: str) -> str:
    """Give `deploy/web.yaml` for `./deploy/web.yaml`. One that leads out of it stays what it is."""
    return posixpath.normpath(path)


def relative_uri(path: str) -> str:
    """Give a path as a relative URI, or as a `file:` URI where it is absolute. Source: RFC 3986, section 4.2."""
    path = relative_path(path)
    try:
        data = path.encode("utf-8", "surrogateescape")  # names that are no UTF-8, as Python reads them
    except UnicodeEncodeError:
        data = path.encode("utf-8", "replace")
    encoded = quote(data, safe="/~")
    return f"file://{encoded}" if encoded.startswith("/") else encoded
