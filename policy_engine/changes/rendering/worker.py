"""The process that renders: it gives up all it does not need, then becomes the tool, or calls Helm's library.

Run as a file by another interpreter, which has nothing but the standard library at hand. Only `main` is called.
"""

from __future__ import annotations

import ctypes
import json
import operator
import os
import re
import resource
import secrets
import signal
import sys
from collections.abc import Iterator
from typing import Any

_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS = 38

# Go reserves 1 to 2 GB of addresses that it never uses, and C's library up to 72 MB more for each of its threads.
# What a program really holds is measured from outside; this ends one that takes very much at a stroke.
ADDRESSES_BESIDES_MB = 8192
MAX_WRITTEN_BYTES = 1024 * 1024  # what is rendered goes through a pipe; files are of no use to anybody
MAX_PROCESSES = 256  # threads too, of which Go starts some twenty

_API_VERSIONS = ("v1", "v2")  # Source: Helm 4's pkg/chart/loader/load.go; without any it is v1
_SEPARATOR = re.compile(r"^---[ \t\r]*(?:#.*)?(?:\n|\Z)", re.M)
_GLOBAL = "global"
_UNREADABLE = "YAML parse error on "
_DEPTH = 40  # folders: more than any chart has


def main() -> None:
    """Confine this process as its only argument says, then render."""
    settings = json.loads(sys.argv[1])
    confine(settings["memory_mb"], settings["cpu_s"])
    if settings["program"]:
        try:
            os.execv(settings["program"][0], settings["program"])
        except OSError as error:
            sys.exit(f"{settings['program'][0]} cannot be started: {error.strerror}")
    sys.path.append(settings["site"])
    with open(settings["request"], encoding="utf-8") as file:
        answer = render(json.load(file))
    json.dump(answer, sys.stdout)


def confine(memory_mb: int, cpu_s: int) -> None:
    """Leave the network where the system allows it, limit what is used, and die with the process that waits."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_WRITTEN_BYTES, MAX_WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    if not sys.platform.startswith("linux"):
        return  # other systems count addresses otherwise, and know no namespaces
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        # Only here are processes counted apart from those that the same user runs besides.
        resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
    else:
        libc.unshare(_CLONE_NEWNET)  # where root may not make users; it fails for everybody else
    addresses = (memory_mb + ADDRESSES_BESIDES_MB) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))


def render(request: dict[str, Any]) -> dict[str, Any]:
    """Render a chart with Helm's own engine. Without a cluster, its `lookup` finds nothing."""
    import helm_python

    try:
        values = _values(request)
        added = _keep_integers(request["chart"], values)
        refused = _check(request, values)
        with helm_python.Chart.load(request["chart"]) as chart:
            options = {"name": request["release"], "namespace": request["namespace"]}
            if request["kube_version"]:
                options["kube_version"] = request["kube_version"]
            # The library reads an option that its Python function has no parameter for.
            native = helm_python._native
            rendered = native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(options))
            templates, crds = json.loads(rendered), chart.crds
        if added:
            _take_out(templates, added)
        return {"templates": templates, "crds": crds, "refused": refused}
    except (helm_python.HelmError, _RefusedError) as error:
        return {"error": str(error)}


class _RefusedError(Exception):
    """What Helm would refuse as well, and its library does not."""


def _check(request: dict[str, Any], values: dict[str, Any]) -> str:
    """Have Helm refuse what it does not install: it renders such charts all the same when it is just asked to.

    A chart is changed by being rendered, so this one is loaded for itself.
    Gives what Helm says of rendered YAML that it cannot read: others may tell better where that is.
    """
    import helm_python

    options = {"namespace": request["namespace"], "dry_run": "client"}
    if request["kube_version"]:
        options["kube_version"] = request["kube_version"]
    native = helm_python._native
    with helm_python.Chart.load(request["chart"]) as chart, helm_python.Config() as config:
        version = chart.metadata.get("apiVersion")
        if version not in _API_VERSIONS:
            raise _RefusedError(f"unsupported chart apiVersion: `{version}`")
        arguments = (config._raw(), native.HANDLE(0), chart._raw(), None, request["release"])
        try:
            native.call_string("helm_install", *arguments, json.dumps(values), json.dumps(options))
        except helm_python.HelmError as error:
            if _UNREADABLE not in str(error):
                raise
            return str(error)
        return ""


def _values(request: dict[str, Any]) -> dict[str, Any]:
    """Put values over each other as Helm does: files, then those given inline, then parameters.

    Numbers are floats but for those of parameters, as they are in Helm: it reads YAML as JSON.
    """
    import helm_python

    values: dict[str, Any] = {}
    for path in request["values"]:
        with open(path, encoding="utf-8-sig") as file:
            for document in _SEPARATOR.split(file.read()):
                text = helm_python._native.call_string("helm_values_from_yaml", document)
                values = merged(values, json.loads(text, parse_int=float))
    for inline in request["inline"]:
        values = merged(values, json.loads(inline, parse_int=float))
    for text, is_string in sorted(request["parameters"], key=operator.itemgetter(1)):  # as Helm does
        parse = helm_python.parse_set_string_values if is_string else helm_python.parse_set_string
        values = _with_parameter(values, parse(text))
    return values


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Put values over others. Source: Helm's pkg/chart/loader `MergeMaps`: only mappings are merged."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def _with_parameter(below: dict[str, Any], above: dict[str, Any], way: str = "") -> dict[str, Any]:
    """Put a parameter over values. Source: Helm's pkg/strvals `ParseInto`: what is there has to be a mapping."""
    both = dict(below)
    for key, value in above.items():
        if not isinstance(value, dict):
            both[key] = value
            continue
        old = both.get(key, {})
        if not isinstance(old, dict):
            raise _RefusedError(f"a parameter sets a field of `{way}{key}`, which is no mapping in the values")
        both[key] = _with_parameter(old, value, f"{way}{key}.")
    return both


def _keep_integers(chart: str, values: dict[str, Any]) -> str:
    """Make integers of parameters what they are in Helm: the library takes JSON, and reads its numbers as floats.

    A template of ours sets them before any other is run: Helm begins with the deepest folder. What a chart imports
    from the values of its subcharts stays a float. Gives what marks that template; nothing where none is needed.
    """
    mark = secrets.token_hex(16)  # of a name and a text that no chart can foresee
    lines: list[str] = []
    for path, value in _integers(values):
        lines.append(f"{{{{- with .Values }}}}{_set(path, value)}{{{{- end }}}}")
        for index in (index for index, key in enumerate(path) if key == _GLOBAL):
            # Each subchart has a copy of what is global, and those of a subchart of what is global there.
            name = f"{mark}-{len(lines)}"
            lines.append(f'{{{{- define "{name}" }}}}{{{{- range .Subcharts }}}}{{{{- with .Values }}}}')
            lines.append(f"{_set(path[index:], value)}{{{{- end }}}}")
            lines.append(f'{{{{- template "{name}" . }}}}{{{{- end }}}}{{{{- end }}}}')
            way = tuple(part for key in path[:index] for part in ("Subcharts", key))
            lines.append(_inside(way, f'{{{{- template "{name}" . }}}}'))
    if not lines:
        return ""
    folder = os.path.join(chart, "templates", mark, *["d"] * _DEPTH)
    os.makedirs(folder)
    with open(os.path.join(folder, f"{mark}.yaml"), "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, f"# {mark}"]))
    return mark


def _set(path: tuple[str, ...], value: Any) -> str:
    """Set a value where it is the same but for its type: something else may have been put over it."""
    key = _literal(path[-1])
    same = f"eq (toJson (get . {key})) (toJson {_literal(value, integers='float64')})"
    return _inside(path[:-1], f"{{{{- if {same} }}}}{{{{- $_ := set . {key} {_literal(value)} }}}}{{{{- end }}}}")


def _inside(path: tuple[str, ...], text: str) -> str:
    opened = "".join(f"{{{{- with index . {_literal(key)} }}}}" for key in path)
    return f"{opened}{text}{'{{- end }}' * len(path)}"


def _take_out(templates: dict[str, str], mark: str) -> None:
    """Take our template out again, and make sure that it was the first that was run."""
    # Source: Helm's pkg/engine `sortTemplates`.
    first = max(templates, key=lambda path: (path.count("/"), path.encode()))
    if templates.pop(first).strip() != f"# {mark}":
        raise _RefusedError("numbers cannot be given as parameters: templates are too deep, or Helm ignores some")


def _integers(values: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Find the integers in values, and lists with any."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _integers(value, (*way, key))
        elif _has_integer(value):
            yield (*way, key), value


def _has_integer(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(map(_has_integer, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not isinstance(value, bool)


def _literal(value: Any, integers: str = "int64") -> str:
    """Write a value into a template. integers: the type that they get."""
    if isinstance(value, dict):
        fields = (f" {_literal(key)} {_literal(one, integers)}" for key, one in value.items())
        return f"(dict{''.join(fields)})"
    if isinstance(value, list):
        return f"(list{''.join(f' {_literal(one, integers)}' for one in value)})"
    if isinstance(value, float):
        return f"(float64 {value!r})"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"({integers} {value})"
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
