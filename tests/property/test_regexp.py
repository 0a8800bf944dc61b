"""Two engines run regular expressions; they have to agree wherever both may run one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.cel.libraries.regexp import Regexp
from policy_engine.cel.libraries.regexp_error import RegexpError

ATOMS = [*"abcA.-_1:/é^$", r"\d", r"\w", r"\s", r"\S", r"\W", r"\.", r"\b", r"\pL", "(?i)"]
CLASSES = ["[a-c]", "[^a-c]", "[a-z0-9]", "[-a.]", r"[^\d_]", "[[:space:]]"]
OPERATORS = ["(", "(?:", ")", "|", "*", "+", "?", "*?", "{2}", "{1,3}", "{2,}"]
PARTS = st.sampled_from([*ATOMS, *CLASSES, *OPERATORS])
PATTERNS = st.lists(PARTS, max_size=9).map("".join)
TEXTS = st.text(alphabet="abcA.-_1:/é \n\t\v😀", max_size=12)


@settings(deadline=None, max_examples=600)
@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=6))
def test_re_and_re2_agree_on_every_pattern_that_re_may_run(pattern: str, texts: list[str]) -> None:
    try:
        quick, slow = Regexp(pattern), Regexp(pattern)
    except RegexpError:
        return
    slow._limit = -1
    for text in texts:
        assert quick.matches(text) == slow.matches(text)
        assert quick.find(text) == slow.find(text)
        assert quick.find_all(text) == slow.find_all(text)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_is_refused(pattern: str) -> None:
    try:
        compiled = Regexp(pattern)
    except RegexpError:
        return
    assert compiled.matches("abc") is bool(compiled.find_all("abc", 1))
