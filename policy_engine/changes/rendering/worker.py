"""The process that renders: it gives up all it does not need, then becomes the tool, or calls Helm's library.

Run as a file by another interpreter, which has nothing but the standard library at hand. Only `main` is called.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
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
        with helm_python.Chart.load(request["chart"]) as chart:
            options = {"name": request["release"], "namespace": request["namespace"]}
            if request["kube_version"]:
                options["kube_version"] = request["kube_version"]
            # The library reads an option that its Python function has no parameter for.
            native = helm_python._native
            rendered = native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(options))
            return {"templates": json.loads(rendered), "crds": chart.crds}
    except helm_python.HelmError as error:
        return {"error": str(error)}


def _values(request: dict[str, Any]) -> dict[str, Any]:
    """Put values over each other as Helm does: files, then those given inline, then parameters."""
    import helm_python

    values: dict[str, Any] = {}
    for path in request["values"]:
        with open(path, encoding="utf-8-sig") as file:
            values = merged(values, helm_python.values_from_yaml(file.read()))
    for inline in request["inline"]:
        values = merged(values, json.loads(inline))
    for text, is_string in request["parameters"]:
        parse = helm_python.parse_set_string_values if is_string else helm_python.parse_set_string
        values = merged(values, parse(text))
    return values


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Put values over others. Source: Helm's pkg/chart/loader `MergeMaps`: only mappings are merged."""
    both = dict(below)
    for key, value in above.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


if __name__ == "__main__":
    main()
