"""The server's side of TLS, with a certificate that can change while connections are open."""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from webhook.certificates.errors import CertificateError
from webhook.certificates.pairs import Pair

_SELF = Path("/proc/self/fd")


class ServerTls:
    """One `ssl.SSLContext` for as long as the server lives, and the certificate that new connections get.

    A new certificate is loaded into a context of its own, which each handshake then takes over by the callback
    that TLS has for choosing a certificate by name; it is called for clients without a name too. So `load` may be
    called from any thread: no handshake ever sees a certificate with the key of another, as it would if the shared
    context was changed under it. Connections that are open do not notice.
    """

    def __init__(self) -> None:
        self.context = _new_context()
        # Called while OpenSSL reads a client's first message. Returning None goes on with the handshake.
        self.context.sni_callback = self._choose
        self._current: ssl.SSLContext | None = None

    @property
    def is_loaded(self) -> bool:
        """Tell whether there is a certificate; without one every handshake fails."""
        return self._current is not None

    def load(self, pair: Pair) -> None:
        """Use a certificate from the next handshake on.

        Raises CertificateError where TLS cannot use it; what was loaded before stays in use.
        """
        fresh = _new_context()
        with _as_file(pair.certificate_pem + b"\n" + pair.key_pem) as path:
            try:
                fresh.load_cert_chain(path)
            except (ssl.SSLError, OSError) as error:
                said = getattr(error, "reason", None) or error.strerror or "unknown reason"
                raise CertificateError(f"TLS cannot use certificate {pair.serial}: {said}") from None
        self._current = fresh

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        current = self._current
        if current is None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = current
        return None


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Forward secrecy and authenticated encryption for TLS 1.2; those of TLS 1.3 all have both.
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])  # what API servers ask of webhooks
    return context


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """Give a path under which OpenSSL, which takes nothing else, can read a key for a moment.

    On Linux it is memory that no other user can open and no disk ever sees; elsewhere a file that only this user
    can read.
    """
    if hasattr(os, "memfd_create") and _SELF.is_dir():
        descriptor = os.memfd_create("polgate-key", os.MFD_CLOEXEC)
        try:
            _write(descriptor, content)
            yield str(_SELF / str(descriptor))
        finally:
            os.close(descriptor)
        return
    descriptor, path = tempfile.mkstemp(prefix="polgate-")
    try:
        try:
            _write(descriptor, content)
        finally:
            os.close(descriptor)
        yield path
    finally:
        os.unlink(path)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
