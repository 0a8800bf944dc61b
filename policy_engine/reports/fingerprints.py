"""Identities of findings that stay while lines move, for systems that compare one report with the next."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.reports.findings import Finding
from policy_engine.sources.document import Broken


class Fingerprints:
    """Gives every entry of one report its own fingerprint, in hexadecimal. To be asked in the report's order.

    Equal faults of one object are numbered: their order stays when lines move. No line and no message goes in:
    messages quote values.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def of(self, finding: Finding) -> str:
        """Give the fingerprint of a finding: its own where it has one and is the first that has it."""
        about = finding.object
        identity = finding.fingerprint or _digest(
            (
                *(finding.policy, finding.binding, finding.param, finding.rule, finding.field),
                *(about.api_version, about.kind, about.namespace, about.name, finding.path, finding.origin),
            )
        )
        return self._unique(identity)

    def of_broken(self, broken: Broken) -> str:
        """Give the fingerprint of something that cannot be judged."""
        return self._unique(_digest((broken.code, broken.path)))

    def _unique(self, identity: str) -> str:
        before = self._seen.get(identity, 0)
        self._seen[identity] = before + 1
        return _digest((identity, str(before))) if before else identity


def _digest(parts: Iterable[str]) -> str:
    from hashlib import sha256

    told = "\0".join(part.replace("\0", "") for part in parts)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
