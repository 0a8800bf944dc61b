"""IP addresses as text: read and written as Go does.

Source: Go net/netip/netip.go, `ParseAddr`, `ParsePrefix`, `Addr.String`.
"""

from __future__ import annotations

import re
from string import hexdigits
from typing import Final, NamedTuple

from policy_engine.cel.libraries.go_quote import quote

# Compiled when first used: `re` keeps it.
_PREFIX_LENGTH: Final = r"0|[1-9][0-9]{0,18}"


class AddressError(ValueError):
    """Refuse the text of an address or network; worded as Go words it."""


class Address(NamedTuple):
    """An address: 4 or 6, its bits as a number, and its zone or an empty string."""

    family: int
    bits: int
    zone: str = ""

    @property
    def width(self) -> int:
        """Give the number of its bits."""
        return 32 if self.family == 4 else 128

    def is_4in6(self) -> bool:
        """Tell whether this is an IPv4 address written as an IPv6 one."""
        return self.family == 6 and self.bits >> 32 == 0xFFFF

    def text(self) -> str:
        """Write the address in canonical form (RFC 5952), zone left out."""
        if self.family == 4:
            return _dotted(self.bits)
        if self.is_4in6():
            return "::ffff:" + _dotted(self.bits & 0xFFFFFFFF)
        return _colons(self.bits)


def parse_address(text: str) -> Address:
    """Read any address, zones and IPv4-mapped ones included.

    Raises AddressError, worded as `netip.ParseAddr`.
    """
    for char in text:
        if char == ".":
            return Address(4, _read_ipv4(text, text))
        if char == ":":
            return _read_ipv6(text)
        if char == "%":
            raise _refusal(text, "missing IPv6 address")
    raise _refusal(text, "unable to parse IP")


def parse_prefix(text: str) -> tuple[Address, int]:
    """Read an address and a prefix length.

    Raises AddressError, worded as `netip.ParsePrefix` after the text.
    """
    slash = text.rfind("/")
    if slash < 0:
        raise AddressError("no '/'")
    address = parse_address(text[:slash])
    if address.zone:
        raise AddressError("IPv6 zones cannot be present in a prefix")
    length_text = text[slash + 1 :]
    if not re.fullmatch(_PREFIX_LENGTH, length_text):
        raise AddressError(f"bad bits after slash: {quote(length_text)}")
    length = int(length_text)
    if length > (1 << 63) - 1:
        raise AddressError(f"bad bits after slash: {quote(length_text)}")
    if length > address.width:
        raise AddressError("prefix length out of range")
    return address, length


def _refusal(text: str, problem: str, at: str = "") -> AddressError:
    place = f" (at {quote(at)})" if at else ""
    return AddressError(f"ParseAddr({quote(text)}): {problem}{place}")


def _read_ipv4(text: str, part: str) -> int:
    """Read four decimal fields; `part` is the end of `text` that they are in."""
    bits = value = digits = fields = 0
    for i, char in enumerate(part):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                raise _refusal(text, "IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                raise _refusal(text, "IPv4 field has value >255")
        elif char == ".":
            if i == 0 or i == len(part) - 1 or part[i - 1] == ".":
                raise _refusal(text, "IPv4 field must have at least one digit", part[i:])
            if fields == 3:
                raise _refusal(text, "IPv4 address too long")
            bits = bits << 8 | value
            fields += 1
            value = digits = 0
        else:
            raise _refusal(text, "unexpected character", part[i:])
    if fields < 3:
        raise _refusal(text, "IPv4 address too short")
    return bits << 8 | value


def _read_ipv6(text: str) -> Address:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        raise _refusal(text, "zone must be a non-empty string")
    groups: list[int] = []  # 16 bits each
    ellipsis = -1
    if rest.startswith("::"):
        ellipsis = 0
        rest = rest[2:]
        if not rest:
            return Address(6, 0, zone)
    while len(groups) < 8:
        digits = rest[: len(rest) - len(rest.lstrip(hexdigits))]
        if len(digits) > 4:
            raise _refusal(text, "each group must have 4 or less digits", rest)
        if not digits:
            raise _refusal(text, "each colon-separated field must have at least one digit", rest)
        following = rest[len(digits) : len(digits) + 1]
        if following == ".":
            if ellipsis < 0 and len(groups) != 6:
                problem = "embedded IPv4 address must replace the final 2 fields of the address"
                raise _refusal(text, problem, rest)
            if len(groups) > 6:
                problem = "too many hex fields to fit an embedded IPv4 at the end of the address"
                raise _refusal(text, problem, rest)
            embedded = _read_ipv4(text, rest)
            groups += [embedded >> 16, embedded & 0xFFFF]
            rest = ""
            break
        groups.append(int(digits, 16))
        rest = rest[len(digits) :]
        if not rest:
            break
        if following != ":":
            raise _refusal(text, "unexpected character, want colon", rest)
        if len(rest) == 1:
            raise _refusal(text, "colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest[0] == ":":
            if ellipsis >= 0:
                raise _refusal(text, "multiple :: in address", rest)
            ellipsis = len(groups)
            rest = rest[1:]
            if not rest:
                break
    if rest:
        raise _refusal(text, "trailing garbage after address", rest)
    missing = 8 - len(groups)
    if missing:
        if ellipsis < 0:
            raise _refusal(text, "address string too short")
        groups[ellipsis:ellipsis] = [0] * missing
    elif ellipsis >= 0:
        raise _refusal(text, "the :: must expand to at least one field of zeros")
    bits = 0
    for group in groups:
        bits = bits << 16 | group
    return Address(6, bits, zone)


def _dotted(bits: int) -> str:
    return f"{bits >> 24}.{bits >> 16 & 255}.{bits >> 8 & 255}.{bits & 255}"


def _colons(bits: int) -> str:
    """Write eight groups, the longest run of two or more zeros (the first of such) as `::`."""
    groups = [bits >> shift & 0xFFFF for shift in range(112, -16, -16)]
    start, length = 0, 0
    i = 0
    while i < 8:
        end = i
        while end < 8 and groups[end] == 0:
            end += 1
        if end - i >= 2 and end - i > length:
            start, length = i, end - i
        i = max(end, i + 1)
    if not length:
        return ":".join(f"{group:x}" for group in groups)
    head = ":".join(f"{group:x}" for group in groups[:start])
    tail = ":".join(f"{group:x}" for group in groups[start + length :])
    return f"{head}::{tail}"
