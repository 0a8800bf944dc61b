"""The value of the URL library.

Source: apiserver pkg/cel/url.go, and Go 1.26 net/url/url.go for what its methods give.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.go_strings import encode
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.libraries.percent_encoding import Part, UrlError, escape, to_text, unescape
from policy_engine.cel.libraries.url_parts import Parts, parse_fragment, parse_parts, split_port
from policy_engine.cel.types import struct
from policy_engine.cel.values.opaque import OpaqueValue

URL: Final = struct("kubernetes.URL")

MAX_QUERY_PARAMETERS: Final = 10_000  # net/url: defaultMaxParams; a query with more reads as empty


class Url(OpaqueValue):
    """A URL, with what CEL can ask of it. All texts are as Go gives them, still encoded where it says so."""

    __slots__ = ("_query", "_text", "escaped_path", "host", "hostname", "port", "scheme")
    cel_type = URL

    def __init__(self, parts: Parts, fragment: bytes) -> None:
        """Take over what was parsed. fragment: encoded, without its `#`."""
        self.scheme = _decode(parts.scheme)
        self.host = _decode(parts.host)
        name, port = split_port(parts.host)
        self.hostname, self.port = _decode(name), _decode(port)
        self.escaped_path = _decode(parts.path)
        self._query = parts.query
        self._text = _decode(_write(parts, fragment))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Url):
            raise NoSuchOverload("no such overload")
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Url({self._text!r})"

    def text(self) -> str:
        """Write the URL."""
        return self._text

    def query(self) -> dict[str, list[str]]:
        """Give the query's values by key. Pairs that are malformed are left out."""
        query = self._query
        values: dict[str, list[str]] = {}
        if query.count(b"&") >= MAX_QUERY_PARAMETERS:
            return values
        for pair in query.split(b"&"):
            if not pair or b";" in pair:
                continue
            key, _, value = pair.partition(b"=")
            try:
                name, text = unescape(key, Part.QUERY), unescape(value, Part.QUERY)
            except UrlError:
                continue
            values.setdefault(_decode(name), []).append(_decode(text))
        return values


@lru_cache(maxsize=256)
def parse_url(text: str) -> Url:
    """Read what `url(text)` accepts: an absolute URL or an absolute path.

    Raises EvaluationError.
    Source: apiserver pkg/cel/library/urls.go, `stringToUrl`: read once to refuse, and again for the fragment.
    """
    raw = encode(text)
    before, _, encoded_fragment = raw.partition(b"#")
    problem = request_uri_error(text)
    if problem is None:
        quoted = before
        try:
            parts = parse_parts(before, is_request=False)
            quoted = raw
            fragment = parse_fragment(encoded_fragment)
        except UrlError as error:
            problem = _refusal(quoted, error)
        else:
            return Url(parts, fragment)
    raise EvaluationError(f"URL parse error during conversion from string: {problem}")


def request_uri_error(text: str) -> str | None:
    """Say what is wrong with a URL, or None if nothing is.

    Source: url.go, `ParseRequestURI`, which knows no fragments.
    """
    raw = encode(text)
    try:
        parse_parts(raw, is_request=True)
    except UrlError as error:
        return _refusal(raw, error)
    return None


def _refusal(raw: bytes, error: UrlError) -> str:
    return f"parse {quote(to_text(raw))}: {error}"


def _decode(encoded: bytes) -> str:
    """Decode bytes; each that is no UTF-8 becomes U+FFFD, as in Go's JSON."""
    try:
        return encoded.decode()
    except UnicodeDecodeError:
        text = encoded.decode("utf-8", "surrogateescape")
        return "".join("\ufffd" if "\udc80" <= char <= "\udcff" else char for char in text)


def _write(parts: Parts, fragment: bytes) -> bytes:
    """Source: url.go, `URL.String`."""
    written = parts.scheme + b":" if parts.scheme else b""
    if parts.opaque:
        written += parts.opaque
    else:
        has_authority = bool(parts.host) or parts.user is not None
        if (parts.scheme and not parts.omits_host) or has_authority:
            if has_authority or parts.path:
                written += b"//"
            if parts.user is not None:
                written += parts.user + b"@"
            written += escape(parts.host, Part.HOST)
        if parts.path and not parts.path.startswith(b"/") and parts.host:
            written += b"/"
        if not written and b":" in parts.path.partition(b"/")[0]:
            written += b"./"
        written += parts.path
    if parts.has_bare_question_mark or parts.query:
        written += b"?" + parts.query
    if fragment:
        written += b"#" + fragment
    return written
