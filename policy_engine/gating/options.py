"""What somebody asks of a gate, beside what the repository says."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.changes.settings.model import GateSettings
from policy_engine.records import record


@record(kw_only=True)
class GateOptions:
    """What a command line can say. Empty and None leave it to the CI system, or to `.polgate.yaml`.

    repository: a path in it. staged: the index is judged, against HEAD.
    policies: paths of the file system. Those inside the work tree are read from the base.
    """

    repository: str = "."
    base: str = ""
    head: str = ""
    staged: bool = False
    policies: tuple[str, ...] = ()
    fail_on: str = ""
    existing: bool = False
    strict: bool = False
    kubernetes_version: str = ""

    def over(self, settings: GateSettings) -> GateSettings:
        """Put what is asked over what the repository says: whoever runs the gate may also ask for less."""
        return replace(
            settings,
            fail_on=self.fail_on or settings.fail_on,
            existing=self.existing or settings.existing,
            strict=self.strict or settings.strict,
            kubernetes_version=self.kubernetes_version or settings.kubernetes_version,
        )
