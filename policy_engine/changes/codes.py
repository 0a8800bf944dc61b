"""The codes of what a gate says beside findings: what cannot be judged, and what must be seen."""

from __future__ import annotations

from enum import StrEnum


class GateCode(StrEnum):
    """The first four fail a run where the change brings them; the others block nothing."""

    DUPLICATE_OBJECT = "duplicate-object"
    POLICY_TEST_FAILED = "policy-test-failed"
    SETTINGS_INVALID = "settings-invalid"
    LINK_NOT_JUDGED = "link-not-judged"
    SETTINGS_CHANGED = "settings-changed"
    POLICIES_CHANGED = "policies-changed"
    JUDGED_OTHERWISE = "judged-otherwise"
    LEFT_OUT = "left-out"
    NOT_FOLLOWED = "not-followed"
    NOT_IN_FORCE = "not-in-force"
    NO_MERGE_REQUEST = "no-merge-request"
    FORGE_UNANSWERED = "forge-unanswered"
    TARGET_NOT_FETCHED = "target-not-fetched"
