"""The IP library: `ip('10.0.0.1').isLoopback()`. Since Kubernetes 1.30.

Source: apiserver pkg/cel/library/ip.go; Go net/netip for what the questions mean.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.libraries.ip_address import IP, IpAddress, parse_ip
from policy_engine.cel.types import BOOL, INT, STRING

LIBRARY: Final = Library("kubernetes.net.ip", since="1.30", types=(IP,))

LIBRARY.add("ip", "string_to_ip", (STRING,), IP, implementation=parse_ip, cost=costs.STRING)


@LIBRARY.function("isIP", "is_ip", (STRING,), BOOL, cost=costs.STRING)
def _is_ip(text: str) -> bool:
    try:
        parse_ip(text)
    except EvaluationError:
        return False
    return True


@LIBRARY.function("ip.isCanonical", "ip_is_canonical", (STRING,), BOOL, cost=costs.STRING_TWICE)
def _is_canonical(text: str) -> bool:
    return parse_ip(text).text() == text


@LIBRARY.function("string", "ip_to_string", (IP,), STRING)
def _to_string(address: IpAddress) -> str:
    return address.text()


@LIBRARY.member("family", "ip_family", (IP,), INT, cost=costs.NOMINAL_FUNCTION)
def _family(address: IpAddress) -> int:
    return address.family


@LIBRARY.member("isUnspecified", "ip_is_unspecified", (IP,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_unspecified(address: IpAddress) -> bool:
    return address.bits == 0


@LIBRARY.member("isLoopback", "ip_is_loopback", (IP,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_loopback(address: IpAddress) -> bool:
    return address.bits >> 24 == 127 if address.family == 4 else address.bits == 1


@LIBRARY.member("isLinkLocalMulticast", "ip_is_link_local_multicast", (IP,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_link_local_multicast(address: IpAddress) -> bool:
    if address.family == 4:
        return address.bits >> 8 == 0xE00000
    return address.bits >> 112 & 0xFF0F == 0xFF02


@LIBRARY.member("isLinkLocalUnicast", "ip_is_link_local_unicast", (IP,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_link_local_unicast(address: IpAddress) -> bool:
    if address.family == 4:
        return address.bits >> 16 == 0xA9FE
    return address.bits >> 112 & 0xFFC0 == 0xFE80


@LIBRARY.member("isGlobalUnicast", "ip_is_global_unicast", (IP,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_global_unicast(address: IpAddress) -> bool:
    if address.family == 4 and address.bits == 0xFFFFFFFF:
        return False
    return not (
        _is_unspecified(address)
        or _is_loopback(address)
        or _is_multicast(address)
        or _is_link_local_unicast(address)
    )


def _is_multicast(address: IpAddress) -> bool:
    return address.bits >> 28 == 0xE if address.family == 4 else address.bits >> 120 == 0xFF
