"""What can be wrong with certificates."""

from __future__ import annotations

from policy_engine.errors import PolicyEngineError


class CertificateError(PolicyEngineError):
    """Say that a certificate, a key or a bundle cannot be used. Never carries a key's content."""

    code = "certificate-invalid"
