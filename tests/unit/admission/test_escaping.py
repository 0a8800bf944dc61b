"""Names of variables are unescaped where they are looked up, as Kubernetes does."""

from __future__ import annotations

import pytest

from policy_engine.admission.escaping import unescape


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("replicas", "replicas"),
        ("a_b", "a_b"),
        ("__a", "__a"),
        ("__import__", "import"),
        ("a__dot__b", "a.b"),
        ("a__dash__b__slash__c", "a-b/c"),
        ("__underscores__a", "__a"),
        ("__other__", None),
        ("a__import__", None),
    ],
)
def test_gives_the_name_that_is_meant(written: str, meant: str | None) -> None:
    assert unescape(written) == meant
