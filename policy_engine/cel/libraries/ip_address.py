"""The values of the IP and CIDR libraries.

Source: apiserver pkg/cel/ip.go, cidr.go; Go net/netip/netip.go, `Prefix`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.libraries.ip_text import Address, AddressError, parse_address, parse_prefix
from policy_engine.cel.types import opaque
from policy_engine.cel.values.opaque import OpaqueValue

IP: Final = opaque("net.IP")
CIDR: Final = opaque("net.CIDR")


class IpAddress(OpaqueValue):
    """CEL's `net.IP`: an address without a zone that is no IPv4 address in disguise."""

    __slots__ = ("bits", "family")
    cel_type = IP
    is_key_by_value = True

    def __init__(self, family: int, bits: int) -> None:
        self.family = family
        self.bits = bits

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IpAddress):
            raise NoSuchOverload("no such overload")
        return self.bits == other.bits and self.family == other.family

    def __hash__(self) -> int:
        return hash((self.family, self.bits))

    def __repr__(self) -> str:
        return f"IpAddress({self.text()!r})"

    def cost_size(self) -> int:
        """Give the number of bytes."""
        return 4 if self.family == 4 else 16

    def text(self) -> str:
        """Write the address in canonical form."""
        return Address(self.family, self.bits).text()


class Network(OpaqueValue):
    """CEL's `net.CIDR`: an address, not necessarily the first of its network, and a prefix length."""

    __slots__ = ("bits", "family", "length")
    cel_type = CIDR
    is_key_by_value = True

    def __init__(self, family: int, bits: int, length: int) -> None:
        self.family = family
        self.bits = bits
        self.length = length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            raise NoSuchOverload("no such overload")
        return (self.bits, self.length, self.family) == (other.bits, other.length, other.family)

    def __hash__(self) -> int:
        return hash((self.family, self.bits, self.length))

    def __repr__(self) -> str:
        return f"Network({self.text()!r})"

    def cost_size(self) -> int:
        """Give the number of bytes that the prefix reaches into."""
        return (self.length + 7) // 8

    def text(self) -> str:
        """Write address and prefix length."""
        return f"{Address(self.family, self.bits).text()}/{self.length}"

    def contains(self, address: IpAddress) -> bool:
        """Tell whether an address is in the network."""
        if address.family != self.family:
            return False
        return (address.bits ^ self.bits) >> self._host_bits() == 0

    def contains_network(self, other: Network) -> bool:
        """Tell whether all of another network is in this one."""
        if other.family != self.family or other.length < self.length:
            return False
        return (other.bits ^ self.bits) >> self._host_bits() == 0

    def masked(self) -> Network:
        """Give the network with its first address."""
        host_bits = self._host_bits()
        return Network(self.family, self.bits >> host_bits << host_bits, self.length)

    def _host_bits(self) -> int:
        return (32 if self.family == 4 else 128) - self.length


@lru_cache(maxsize=1024)
def parse_ip(text: str) -> IpAddress:
    """Read what `ip(text)` accepts.

    Raises EvaluationError.
    Source: apiserver pkg/cel/library/ip.go, `parseIPAddr`.
    """
    try:
        address = parse_address(text)
    except AddressError as error:
        raise EvaluationError(
            f"IP Address {quote(text)} parse error during conversion from string: {error}"
        ) from None
    if address.zone:
        raise EvaluationError(f"IP address {quote(text)} with zone value is not allowed")
    if address.is_4in6():
        raise EvaluationError(f"IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return IpAddress(address.family, address.bits)


@lru_cache(maxsize=1024)
def parse_network(text: str) -> Network:
    """Read what `cidr(text)` accepts.

    Raises EvaluationError.
    Source: apiserver pkg/cel/library/cidr.go, `parseCIDR`; the doubled beginning is Kubernetes' own.
    """
    problem = "network address parse error during conversion from string"
    try:
        address, length = parse_prefix(text)
    except AddressError as error:
        raise EvaluationError(f"{problem}: {problem}: netip.ParsePrefix({quote(text)}): {error}") from None
    if address.is_4in6():
        raise EvaluationError(f"{problem}: IPv4-mapped IPv6 address {quote(text)} is not allowed")
    return Network(address.family, address.bits, length)
