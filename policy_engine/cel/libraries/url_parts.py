"""URLs taken apart as Go does it.

Source: Go 1.26 net/url/url.go.
"""

from __future__ import annotations

import re
from typing import Final

from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.libraries.ip_text import AddressError, parse_address
from policy_engine.cel.libraries.percent_encoding import (
    Part,
    UrlError,
    escape,
    is_valid_encoded,
    to_text,
    unescape,
)
from policy_engine.records import record

# Patterns are compiled when first used: `re` keeps them.
_SCHEME: Final = rb"[a-zA-Z][a-zA-Z0-9+.-]*:"
_CONTROL: Final = rb"[\x00-\x1f\x7f]"
_PORT: Final = rb"(?::[0-9]*)?"
_USER: Final = rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*"


@record(kw_only=True)
class Parts:
    """A URL taken apart. Bytes, because an escape may stand for half a character.

    user: encoded anew, or None where there is none. path: as it was or will be written.
    """

    scheme: bytes = b""
    opaque: bytes = b""
    user: bytes | None = None
    host: bytes = b""
    path: bytes = b""
    query: bytes = b""
    has_bare_question_mark: bool = False
    omits_host: bool = False


def parse_parts(raw: bytes, *, is_request: bool) -> Parts:
    """Take a URL without its fragment apart.

    is_request: only an absolute URL or an absolute path will do. Raises UrlError.
    Source: url.go, `parse`.
    """
    if re.search(_CONTROL, raw):
        raise UrlError("net/url: invalid control character in URL")
    if not raw and is_request:
        raise UrlError("empty url")
    if raw == b"*":
        return Parts(path=b"*")
    scheme, rest = _split_scheme(raw)
    has_bare_question_mark = rest.endswith(b"?") and rest.count(b"?") == 1
    rest, _, query = rest.partition(b"?")
    if not rest.startswith(b"/"):
        if scheme:
            return Parts(scheme=scheme, opaque=rest, query=query, has_bare_question_mark=has_bare_question_mark)
        if is_request:
            raise UrlError("invalid URI for request")
        if b":" in rest.partition(b"/")[0]:
            raise UrlError("first path segment in URL cannot contain colon")
    user: bytes | None = None
    host = b""
    omits_host = False
    if rest.startswith(b"//") and (scheme or not (is_request or rest.startswith(b"///"))):
        authority, slash, path = rest[2:].partition(b"/")
        rest = slash + path
        user, host = _parse_authority(scheme, authority)
    elif scheme and rest.startswith(b"/"):
        omits_host = True
    return Parts(
        scheme=scheme,
        user=user,
        host=host,
        path=_path(rest),
        query=query,
        has_bare_question_mark=has_bare_question_mark,
        omits_host=omits_host,
    )


def _split_scheme(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b":"):
        raise UrlError("missing protocol scheme")
    match = re.match(_SCHEME, raw)
    if match is None:
        return b"", raw
    return raw[: match.end() - 1].lower(), raw[match.end() :]


def _parse_authority(scheme: bytes, authority: bytes) -> tuple[bytes | None, bytes]:
    """Give the user, encoded anew, and the host with its port."""
    userinfo, at, host = authority.rpartition(b"@")
    host = _parse_host(scheme, host)
    if not at:
        return None, host
    if not re.fullmatch(_USER, userinfo):
        raise UrlError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(b":")
    user = escape(unescape(name, Part.USER), Part.USER)
    return user + colon + escape(unescape(password, Part.USER), Part.USER), host


def _parse_host(scheme: bytes, host: bytes) -> bytes:
    bracket = host.rfind(b"[")
    if bracket > 0:
        raise UrlError("invalid IP-literal")
    if bracket == 0:
        return _parse_ip_literal(host)
    colon = host.find(b":")
    if colon >= 0:
        # Lists of hosts with ports are let through, but not for HTTP.
        if scheme not in (b"http", b"https"):
            colon = host.rfind(b":")
        _check_port(host[colon:])
    return unescape(host, Part.HOST)


def _parse_ip_literal(host: bytes) -> bytes:
    end = host.rfind(b"]")
    if end < 0:
        raise UrlError("missing ']' in host")
    port = host[end + 1 :]
    _check_port(port)
    literal = host[1:end]
    zone = literal.find(b"%25")
    if zone >= 0:
        name = unescape(literal[:zone], Part.HOST) + unescape(literal[zone:], Part.ZONE)
    else:
        name = unescape(literal, Part.HOST)
    try:
        address = parse_address(to_text(name))
    except AddressError as error:
        raise UrlError(f"invalid host: {error}") from None
    if address.family == 4:
        raise UrlError("invalid IP-literal")
    return b"[" + name + b"]" + port


def _check_port(port: bytes) -> None:
    if not re.fullmatch(_PORT, port):
        raise UrlError(f"invalid port {quote(to_text(port))} after host")


def _path(encoded: bytes) -> bytes:
    """Give a path as `EscapedPath` does: as written where that is a proper encoding, else encoded anew."""
    path = unescape(encoded, Part.PATH)
    if is_valid_encoded(encoded, Part.PATH):
        return encoded
    return b"*" if path == b"*" else escape(path, Part.PATH)


def parse_fragment(encoded: bytes) -> bytes:
    """Give a fragment as it will be written. Raises UrlError."""
    fragment = unescape(encoded, Part.FRAGMENT)
    return encoded if is_valid_encoded(encoded, Part.FRAGMENT) else escape(fragment, Part.FRAGMENT)


def split_port(host: bytes) -> tuple[bytes, bytes]:
    """Split a host into its name, without brackets, and its port.

    Source: url.go, `splitHostPort`.
    """
    name, port = host, b""
    colon = host.rfind(b":")
    if colon >= 0 and re.fullmatch(_PORT, host[colon:]):
        name, port = host[:colon], host[colon + 1 :]
    if name.startswith(b"[") and name.endswith(b"]"):
        name = name[1:-1]
    return name, port
