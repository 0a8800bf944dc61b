"""The CIDR library: `cidr('10.0.0.0/8').containsIP('10.1.2.3')`. Since Kubernetes 1.30.

Source: apiserver pkg/cel/library/cidr.go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Cost, Library, Value
from policy_engine.cel.libraries.ip_address import CIDR, IP, IpAddress, Network, parse_ip, parse_network
from policy_engine.cel.types import BOOL, INT, STRING

LIBRARY: Final = Library("kubernetes.net.cidr", since="1.30", types=(CIDR,))


def _compared(args: Sequence[Value], result: Value) -> int:
    return math.ceil(2 * costs.size(args[0]) * costs.STRING_FACTOR)


def _masked_and_compared(args: Sequence[Value], result: Value) -> int:
    return _compared(args, result) + math.ceil(costs.size(args[0]) * costs.STRING_FACTOR) + 1


def _parsed(args: Sequence[Value], result: Value) -> int:
    return math.ceil(costs.size(args[1]) * costs.STRING_FACTOR)


# The extra charge for reading a string is only made where the overload is known before the call, so it is the
# other overload that speaks for the function.
_CONTAINS_IP = Cost(_compared, of_function=True)
_CONTAINS_IP_STRING = Cost(lambda args, result: _compared(args, result) + _parsed(args, result))
_CONTAINS_CIDR = Cost(_masked_and_compared, of_function=True)
_CONTAINS_CIDR_STRING = Cost(lambda args, result: _masked_and_compared(args, result) + _parsed(args, result))

LIBRARY.add("cidr", "string_to_cidr", (STRING,), CIDR, implementation=parse_network, cost=costs.STRING)


@LIBRARY.function("isCIDR", "is_cidr", (STRING,), BOOL, cost=costs.STRING)
def _is_cidr(text: str) -> bool:
    try:
        parse_network(text)
    except EvaluationError:
        return False
    return True


@LIBRARY.function("string", "cidr_to_string", (CIDR,), STRING)
def _to_string(network: Network) -> str:
    return network.text()


@LIBRARY.member("containsIP", "cidr_contains_ip_string", (CIDR, STRING), BOOL, cost=_CONTAINS_IP_STRING)
def _contains_ip_text(network: Network, text: str) -> bool:
    try:
        address = parse_ip(text)
    except EvaluationError:
        # Kubernetes loses the reason here, and only here.
        raise NoSuchOverload("no such overload") from None
    return network.contains(address)


@LIBRARY.member("containsIP", "cidr_contains_ip_ip", (CIDR, IP), BOOL, cost=_CONTAINS_IP)
def _contains_ip(network: Network, address: IpAddress) -> bool:
    return network.contains(address)


@LIBRARY.member("containsCIDR", "cidr_contains_cidr_string", (CIDR, STRING), BOOL, cost=_CONTAINS_CIDR_STRING)
def _contains_cidr_text(network: Network, text: str) -> bool:
    return network.contains_network(parse_network(text))


@LIBRARY.member("containsCIDR", "cidr_contains_cidr", (CIDR, CIDR), BOOL, cost=_CONTAINS_CIDR)
def _contains_cidr(network: Network, other: Network) -> bool:
    return network.contains_network(other)


@LIBRARY.member("ip", "cidr_ip", (CIDR,), IP)
def _ip(network: Network) -> IpAddress:
    return IpAddress(network.family, network.bits)


@LIBRARY.member("prefixLength", "cidr_prefix_length", (CIDR,), INT, cost=costs.NOMINAL_FUNCTION)
def _prefix_length(network: Network) -> int:
    return network.length


@LIBRARY.member("masked", "cidr_masked", (CIDR,), CIDR, cost=costs.NOMINAL_FUNCTION)
def _masked(network: Network) -> Network:
    return network.masked()
