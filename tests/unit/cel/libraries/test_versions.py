"""Every function exists from its own version of Kubernetes on, and not before."""

from __future__ import annotations

from functools import cache

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError

NEWEST = 37
SINCE: dict[str, tuple[str, ...]] = {
    "1.23": (
        "has(object.f)",
        "[1].all(x, x == 1)",
        "[1].exists(x, x == 1)",
        "[1].exists_one(x, x == 1)",
        "[1].map(x, x)",
        "[1].map(x, x > 0, x)",
        "[1].filter(x, x > 0)",
        "size('a') + 'a'.size() + size([1]) + [1].size()",
        "1 in [1]",
        "type(1) == int",
        "uint(1) == 1u",
        "double(1) == 1.0",
        "string(1) == '1'",
        "bytes('a') == b'a'",
        "bool('true')",
        "duration('1s') == duration('1s')",
        "timestamp('2024-01-01T00:00:00Z') == timestamp('2024-01-01T00:00:00Z')",
        "dyn(1) == dyn(1)",
        "'a'.matches('a') && 'a'.contains('a') && 'a'.startsWith('a') && 'a'.endsWith('a')",
        "timestamp(object.t).getFullYear()",
        "timestamp(object.t).getMilliseconds('UTC')",
        "duration(object.d).getHours()",
        "'a'.charAt(0)",
        "'a'.indexOf('a') + 'a'.indexOf('a', 0)",
        "'a'.lastIndexOf('a') + 'a'.lastIndexOf('a', 0)",
        "['a'].join() + ['a'].join(',')",
        "'a'.lowerAscii() + 'a'.upperAscii() + 'a'.trim()",
        "'a'.replace('a', 'b') + 'a'.replace('a', 'b', 1)",
        "'a'.split(',') + 'a'.split(',', 1)",
        "'a'.substring(0) + 'a'.substring(0, 1)",
    ),
    "1.24": (
        "url('https://a') == url('https://a')",
        "isURL('a')",
        "url('https://a').getScheme() + url('https://a').getHost() + url('https://a').getHostname()",
        "url('https://a').getPort() + url('https://a').getEscapedPath()",
        "url('https://a').getQuery()['a'][0] == 'b'",
        "'a'.find('a')",
        "'a'.findAll('a') + 'a'.findAll('a', 1)",
        "[1].isSorted()",
        "[1].sum() + [1].min() + [1].max()",
        "[1].indexOf(1) + [1].lastIndexOf(1)",
    ),
    "1.27": (
        "authorizer.path('/').check('get').allowed()",
        "authorizer.group('').resource('pods').subresource('x').namespace('n').name('p').check('get').reason()",
        "authorizer.serviceAccount('n', 's').path('/').check('get').allowed()",
    ),
    "1.28": (
        "1 < 1.5",
        "1u < 2",
        "object.?f",
        "object[?'f']",
        "[?object.?f]",
        "{?'a': object.?f}",
        "optional.of(1).hasValue() && optional.none().hasValue() && optional.ofNonZeroValue(1).hasValue()",
        "optional.of(1).value() + optional.of(1).orValue(2) + optional.of(1).or(optional.of(2)).value()",
        "optional.of(1).optMap(x, x + 1)",
        "authorizer.path('/').check('get').errored()",
        "authorizer.path('/').check('get').error()",
        "quantity('1') == quantity('1')",
        "isQuantity('1')",
        "sign(quantity('1'))",
        "quantity('1').isGreaterThan(quantity('1')) || quantity('1').isLessThan(quantity('1'))",
        "quantity('1').compareTo(quantity('1')) + quantity('1').asInteger()",
        "quantity('1').asApproximateFloat()",
        "quantity('1').isInteger()",
        "quantity('1').add(quantity('1')).add(1).sub(quantity('1')).sub(1)",
    ),
    "1.29": (
        "'%s'.format([1])",
        "strings.quote('a')",
        "optional.of(1).optFlatMap(x, optional.of(x))",
        "sets.contains([1], [1]) && sets.equivalent([1], [1]) && sets.intersects([1], [1])",
    ),
    "1.30": (
        "ip('::1') == ip('::1') && type(ip('::1')) == net.IP",
        "isIP('::1') && ip.isCanonical('::1')",
        "ip('::1').family()",
        "ip('::1').isUnspecified() || ip('::1').isLoopback() || ip('::1').isGlobalUnicast()",
        "ip('::1').isLinkLocalMulticast() || ip('::1').isLinkLocalUnicast()",
        "string(ip('::1'))",
        "cidr('::/0') == cidr('::/0') && type(cidr('::/0')) == net.CIDR",
        "isCIDR('::/0')",
        "cidr('::/0').containsIP('::1') && cidr('::/0').containsIP(ip('::1'))",
        "cidr('::/0').containsCIDR('::/0') && cidr('::/0').containsCIDR(cidr('::/0'))",
        "cidr('::/0').ip().family() + cidr('::/0').prefixLength() + cidr('::/0').masked().prefixLength()",
        "string(cidr('::/0'))",
    ),
    "1.31": (
        "authorizer.group('').resource('pods').fieldSelector('a=b').check('list').allowed()",
        "authorizer.group('').resource('pods').labelSelector('a=b').check('list').allowed()",
        "format.named('uuid').value().validate('a').hasValue()",
        *(
            f"format.{name}().validate('a').hasValue()"
            for name in (
                "dns1123Label",
                "dns1123Subdomain",
                "dns1035Label",
                "qualifiedName",
                "dns1123LabelPrefix",
                "dns1123SubdomainPrefix",
                "dns1035LabelPrefix",
                "labelValue",
                "uri",
                "uuid",
                "byte",
                "date",
                "datetime",
            )
        ),
    ),
    "1.32": (
        "[1].all(i, x, x == 1)",
        "{'a': 1}.exists(k, v, v == 1)",
        "[1].existsOne(i, x, x == 1)",
        "[1].transformList(i, x, x) + [1].transformList(i, x, x > 0, x)",
        "{'a': 1}.transformMap(k, v, v)['a'] + {'a': 1}.transformMap(k, v, v > 0, v)['a']",
        "{'a': 1}.transformMapEntry(k, v, {k: v})['a']",
    ),
    "1.33": (
        "[1].first().value() + [1].last().value()",
        "optional.unwrap([optional.of(1)]) + [optional.of(1)].unwrapOpt()",
        "semver('1.0.0') == semver('v1', true)",
        "isSemver('1.0.0') || isSemver('v1', true)",
        "semver('1.0.0').isGreaterThan(semver('1.0.0')) || semver('1.0.0').isLessThan(semver('1.0.0'))",
        "semver('1.0.0').compareTo(semver('1.0.0')) + semver('1.0.0').major()",
        "semver('1.0.0').minor() + semver('1.0.0').patch()",
    ),
    "1.34": (
        "[1].slice(0, 1)",
        "[[1]].flatten() + [[[1]]].flatten(2)",
        "[1].distinct() + [1].reverse() + [1].sort() + lists.range(1)",
        "['a'].sortBy(x, x)",
    ),
    "1.37": ("object.l.includes(1)",),
}
NEVER = (
    "cel.bind(x, 1, x)",
    "math.greatest(1, 2)",
    "base64.encode(b'a')",
    "'a'.reverse()",
    "regex.replace('a', 'b', 'c')",
    "jsonpatch.escapeKey('a')",
    "object.`a`",
)


@cache
def environment(minor: int) -> Environment:
    return admission_environment(f"1.{minor}")


def compiles(text: str, minor: int) -> bool:
    try:
        environment(minor).compile(text)
    except CompileError:
        return False
    return True


@pytest.mark.parametrize(
    ("since", "text"), [(since, text) for since, texts in SINCE.items() for text in texts], ids=lambda value: value
)
def test_a_function_exists_from_its_version_on(since: str, text: str) -> None:
    first = int(since.removeprefix("1."))
    assert [minor for minor in range(23, NEWEST + 1) if compiles(text, minor)] == list(range(first, NEWEST + 1))


@pytest.mark.parametrize("text", NEVER)
def test_what_admission_does_not_have_exists_in_no_version(text: str) -> None:
    assert not any(compiles(text, minor) for minor in range(23, NEWEST + 1))
