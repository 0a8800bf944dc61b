"""What texts become values, and that writing and reading them again changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.ip_address import parse_ip, parse_network
from policy_engine.cel.libraries.quantity_text import parse_quantity
from policy_engine.cel.libraries.selectors import SelectorError, parse_field_selector, parse_label_selector
from policy_engine.cel.libraries.semver_value import parse_semver, parse_tolerant
from policy_engine.cel.libraries.url_value import parse_url
from policy_engine.cel.values.opaque import OpaqueValue

READERS: list[Callable[[str], OpaqueValue]] = [
    parse_ip,
    parse_network,
    parse_quantity,
    parse_semver,
    parse_tolerant,
    parse_url,
]
TEXTS = st.one_of(st.text(max_size=30), st.text(alphabet="0123456789abcdefKMi.:/-+%@?#[]e ", max_size=20))

NUMBERS = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{1,12})?", fullmatch=True)
SUFFIXES = st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "e3", "e-3"])
QUANTITIES = st.builds(str.__add__, NUMBERS, SUFFIXES)


@pytest.mark.parametrize("read", READERS)
@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_text_is_a_value_or_is_refused(read: Callable[[str], OpaqueValue], text: str) -> None:
    try:
        value = read(text)
    except EvaluationError:
        return
    assert value.text() is not None


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_text_is_a_selector_or_is_refused(text: str) -> None:
    for read in (parse_field_selector, parse_label_selector):
        try:
            read(text)
        except SelectorError:
            continue


@given(st.integers(0, 2**128 - 1))
def test_a_written_address_is_read_back(bits: int) -> None:
    groups = [f"{bits >> shift & 0xFFFF:04X}" for shift in range(112, -16, -16)]
    text = ":".join(groups)
    if bits >> 32 == 0xFFFF:
        return  # an IPv4 address in disguise
    address = parse_ip(text)
    assert address.bits == bits
    assert parse_ip(address.text()) == address


@given(QUANTITIES, QUANTITIES)
def test_order_and_sums_of_quantities_are_those_of_numbers(first: str, second: str) -> None:
    a, b = parse_quantity(first), parse_quantity(second)
    assert a.compare(b) == -b.compare(a)
    total = a.add(b)
    assert total.compare(b.add(a)) == 0
    assert total.subtract(b).compare(a) == 0
    assert (a.compare(b) > 0) == (a.subtract(b).sign() > 0)


@given(QUANTITIES)
def test_a_quantity_does_not_change_by_being_used(text: str) -> None:
    quantity = parse_quantity(text)
    amount, shown = quantity.amount, quantity.text()
    quantity.add(parse_quantity("1.5Gi"))
    quantity.subtract(parse_quantity("7n"))
    quantity.compare(parse_quantity("12345678901234567890"))
    assert (quantity.amount, quantity.text()) == (amount, shown)
