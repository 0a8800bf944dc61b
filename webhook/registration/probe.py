"""Asking this server as the API server will: at the same address, trusting the same certificates."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlsplit

Probe: TypeAlias = Callable[[str, bytes | None], str | None]
"""Takes a URL and the CA bundle to trust, None for the system's; gives what is wrong, None where nothing is."""

_TIMEOUT_S = 3.0
_PATH = "/healthz"


def probe(url: str, ca_bundle: bytes | None) -> str | None:
    """Ask a server for its health. Any answer of one that proves its name counts, but for a failure of its own.

    It need not be this replica: the Service chooses one, as it does for the API server.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    where = f"https://{parts.netloc}"
    try:
        context = _context(ca_bundle)
    except ssl.SSLError:
        return "the CA bundle holds no certificate that can be used"
    try:
        connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
        try:
            connection.request("GET", _PATH)
            status = connection.getresponse().status
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        return f"{where} shows a certificate that cannot be trusted: {error.verify_message}"
    except (OSError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"{where} does not answer: {' '.join(said.split()).lower()}"
    return f"{where}{_PATH} was answered {status}" if status >= 500 else None


def _context(ca_bundle: bytes | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificates and names
    if ca_bundle is None:
        context.load_default_certs()
    else:
        # An empty text would be left out without a word.
        context.load_verify_locations(cadata=ca_bundle.decode("ascii", "ignore") or "-")
    # As Go verifies: whatever is in the bundle is trusted, an intermediate too, and certificates are accepted that
    # lack some of the extensions they should have.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
