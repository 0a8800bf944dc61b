"""What became of the policies of a revision that were loaded and tested before they are in force."""

from __future__ import annotations

from policy_engine.authoring.mistakes import Mistake
from policy_engine.records import record
from policy_engine.sources.text import Place


@record(kw_only=True)
class FailedCase:
    """A case whose policies answer otherwise than it wants. message: what was wanted and what was found."""

    path: str
    place: Place
    name: str
    message: str


@record(kw_only=True)
class PolicyVerification:
    """What became of policies and their tests. Paths are those of the repository.

    policies: how many were loaded; none where one of them has a mistake. tests, cases: test files, and cases run.
    """

    policies: int = 0
    tests: int = 0
    cases: int = 0
    mistakes: tuple[Mistake, ...] = ()
    failed: tuple[FailedCase, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether the policies could be in force as they are."""
        return not self.mistakes and not self.failed
