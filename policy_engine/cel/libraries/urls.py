"""The URL library: `url('https://example.com/a').getHostname()`. Since Kubernetes 1.24.

Source: apiserver pkg/cel/library/urls.go.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.libraries.url_value import URL, Url, parse_url, request_uri_error
from policy_engine.cel.types import BOOL, STRING, list_of, map_of

LIBRARY: Final = Library("kubernetes.urls", since="1.24")

LIBRARY.add("url", "string_to_url", (STRING,), URL, implementation=parse_url, cost=costs.STRING)


@LIBRARY.function("isURL", "is_url_string", (STRING,), BOOL)
def _is_url(text: str) -> bool:
    return request_uri_error(text) is None


@LIBRARY.member("getScheme", "url_get_scheme", (URL,), STRING, cost=costs.NOMINAL_FUNCTION)
def _get_scheme(url: Url) -> str:
    return url.scheme


@LIBRARY.member("getHost", "url_get_host", (URL,), STRING, cost=costs.NOMINAL_FUNCTION)
def _get_host(url: Url) -> str:
    return url.host


@LIBRARY.member("getHostname", "url_get_hostname", (URL,), STRING, cost=costs.NOMINAL_FUNCTION)
def _get_hostname(url: Url) -> str:
    return url.hostname


@LIBRARY.member("getPort", "url_get_port", (URL,), STRING, cost=costs.NOMINAL_FUNCTION)
def _get_port(url: Url) -> str:
    return url.port


@LIBRARY.member("getEscapedPath", "url_get_escaped_path", (URL,), STRING, cost=costs.NOMINAL_FUNCTION)
def _get_escaped_path(url: Url) -> str:
    return url.escaped_path


@LIBRARY.member("getQuery", "url_get_query", (URL,), map_of(STRING, list_of(STRING)), cost=costs.NOMINAL_FUNCTION)
def _get_query(url: Url) -> dict[str, list[str]]:
    return url.query()
