from __future__ import annotations

from datetime import UTC, datetime

import pytest

from webhook.registration.disabling import DISABLED, Disabled, disabling_patch, enabling_patch, read_disabled

NOW = datetime(2026, 5, 1, 3, 12, tzinfo=UTC)


def test_a_patch_switches_off_and_empties_in_one() -> None:
    assert disabling_patch(now=NOW, who="jane", reason="nothing\nstarts") == {
        "metadata": {"annotations": {DISABLED: "2026-05-01T03:12:00Z by jane: nothing starts"}},
        "webhooks": [],
    }


def test_who_switched_off_when_and_why_is_read_back() -> None:
    disabled = read_disabled(disabling_patch(now=NOW, who="jane", reason="nothing starts"))
    assert disabled == Disabled("2026-05-01T03:12:00Z", "by jane: nothing starts")
    assert disabled.text == "since 2026-05-01T03:12:00Z by jane: nothing starts"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", Disabled("", "")),
        ("true", Disabled("", "true")),
        ("it is me, jane", Disabled("", "it is me, jane")),
        ("2026-05-01T03:12:00Z", Disabled("2026-05-01T03:12:00Z", "")),
        (None, Disabled("", "")),
    ],
)
def test_an_annotation_made_by_hand_counts_whatever_it_says(written: object, read: Disabled) -> None:
    assert read_disabled({"metadata": {"annotations": {DISABLED: written}}}) == read


@pytest.mark.parametrize("configuration", [{}, {"metadata": {}}, {"metadata": {"annotations": None}}])
def test_without_the_annotation_nothing_is_switched_off(configuration: dict[str, object]) -> None:
    assert read_disabled(configuration) is None


def test_a_patch_takes_the_annotation_away_and_leaves_the_rest_to_servers() -> None:
    assert enabling_patch() == {"metadata": {"annotations": {DISABLED: None}}}
