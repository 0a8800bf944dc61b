"""What tools say when they fail, in one line, without our temporary folders and without the values they met."""

from __future__ import annotations

import json
import re

from policy_engine.changes.rendering.codes import RenderingCode, RenderingError
from policy_engine.changes.rendering.schema_failures import schema_failures

MAX_LENGTH = 300

_KLOG = re.compile(r'^[EF]\d{4} .*? err=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|<\n(?P<block>.*?)\n >)', re.M | re.S)
_CRASH = re.compile(r"^panic: (.*)$", re.M)  # Go's, with a page of addresses behind it
_PREFIX = re.compile(r"^(?:Error|error|F\d+.*?\]): ?", re.M)
# `template: web/templates/x.yaml:12:4: …` and `execution error at (web/templates/x.yaml:12:4): …`; Helm 4 gives
# the place a line of its own. What `tpl` runs is called `gotpl`, and is no file.
_AT = re.compile(
    r"(?:template: |error at \(|^)(?P<file>[^\s:()]+/[^\s:()]+|gotpl):(?P<line>\d+)(?::\d+)?(?:\)?: |\n\s*)", re.M
)
# What comes out is no YAML: Helm counts the lines in it, and shows it to nobody who does not ask for `--debug`.
_UNREADABLE = re.compile(r"^YAML parse error on (?P<file>.+?): (?:error converting YAML to JSON: )?(?:yaml: )?")
_NO_OBJECT = re.compile(
    r"error unmarshaling JSON: .*?cannot unmarshal (?P<found>\w+)\b.*? into Go "
    r"(?:struct field [^\s.]+\.(?P<field>\S+)|value) of type .*",
    re.S,
)
_RENDERED_LINE = re.compile(r"^line (\d+): ")
_ADVICE = re.compile(r"\s*Use --debug flag to render out invalid YAML\s*$")

# Kustomize takes what a kustomization names for a file, then for a folder, and tells why each is none: one of the
# two went wrong. Source: kustomize api/internal/target/kusttarget.go `accumulateResources`.
_TRIED = r"^.*?accumulation err='(?:accumulating|merging) resources from '(?P<path>[^']*)': "
_AS_FOLDER = re.compile(_TRIED + r"(?:'[^']*' must resolve to a file|URL is a git repository)': ", re.S)
_AS_FILE = re.compile(
    _TRIED + r"(?P<reason>.*?)': must build at directory: (?:'(?P<file>[^']*)': file is not directory)?", re.S
)
_NAMED = re.compile(r"accumulating resources from '(?P<path>[^']*)': ")
_WITHIN = re.compile(
    r"accumulating (?:resources|components): |recursed (?:accumulation of|merging from) path '[^']*': "
    r"|couldn't make target for path '[^']*': |(?:accumulateDirectory:|loader\.New) (?=\")"
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
_FILE = re.compile(r" in File: (\S+)$")

# Where Go's and the tools' own messages repeat a value, which may be a secret.
_VALUES = (
    (re.compile(r"map\[.*\]", re.S), "map[…]"),
    (re.compile(r"(can't iterate over ).*", re.S), r"\1…"),
    (re.compile(r"(cannot (?:decode|unmarshal) !!\w+ )`.*?`", re.S), r"\1`…`"),
    (re.compile(r"(invalid map key: ).*", re.S), r"\1…"),
    (re.compile(r'(parsing )"(?:[^"\\]|\\.)*"'), r"\1…"),
    (re.compile(r"literal sources \[.*?\]: "), ""),
    (re.compile(r"(invalid literal source ).*?(, expected)", re.S), r"\1…\2"),
    (re.compile(r"(env (?:source|file).*?: (?:\[[^\]]*\]: )?).*", re.S), r"\1…"),
    (re.compile(r'(\[?(?:patch|path): ")(?:[^"\\]|\\.)*"', re.S), r'\1…"'),
    (re.compile(r"(with config: `).*?`", re.S), r"\1…`"),
    (re.compile(r'\[?\{"apiVersion":.*', re.S), "…"),
    (re.compile(r"&\{0x[0-9a-f]+ [^}]*\}"), "…"),  # an address, another one each time
)


def helm_error(said: str, folder: str) -> RenderingError:
    """Make an error of what Helm says is wrong, at the template that it names last: the innermost."""
    text = _ADVICE.sub("", _told(said))
    failures = schema_failures(text)
    if failures is not None:
        return RenderingError(_clean(failures, folder), code=RenderingCode.FAILED)
    unreadable = _UNREADABLE.match(text)
    if unreadable is not None:
        return _unreadable(unreadable, folder)
    file, line = "", 0
    for found in _AT.finditer(text):
        if "/" in found["file"]:
            file, line = found["file"], int(found["line"])
        text = found.string[found.end() :]
    return RenderingError(
        f"Helm cannot render this: {_clean(text, folder)}", code=RenderingCode.FAILED, file=file, line=line
    )


def _unreadable(found: re.Match[str], folder: str) -> RenderingError:
    reason = _RENDERED_LINE.sub(r"line \1 of the output: ", found.string[found.end() :])
    other = _NO_OBJECT.fullmatch(reason)
    if other is not None:
        where = f"`{other['field']}`: " if other["field"] else ""
        reason = f"{where}another type is expected than {other['found']}"
    return RenderingError(
        f"renders what cannot be read: {_clean(reason, folder)}", code=RenderingCode.FAILED, file=found["file"]
    )


def kustomize_error(said: str, folder: str) -> RenderingError:
    """Make an error of what kustomize says is wrong. It names files by their way from a folder not told."""
    text = _innermost(_told(said))
    file = _FILE.search(text)
    return RenderingError(
        f"kustomize cannot render this: {_clean(text, folder)}",
        code=RenderingCode.FAILED,
        file=file[1] if file else "",
    )


def _innermost(text: str) -> str:
    """Find the cause in what kustomize says of kustomizations within others."""
    name = ""
    while True:
        if found := _AS_FOLDER.match(text) or _NAMED.match(text):
            name, text = found["path"], text[found.end() :]
        elif found := _AS_FILE.match(text):
            return f"`{found['file'] or found['path']}`: {found['reason']}"
        elif found := _WITHIN.match(text):
            text = text[found.end() :]
        elif _QUOTED.fullmatch(text):
            text = _unquoted(text)
        else:
            return f"`{name}`: {text}" if name else text


def _told(said: str) -> str:
    """Leave out what surrounds a message: log lines of kubectl, and warnings before it."""
    log = _KLOG.search(said)
    if log is not None:
        block = log["block"]
        if block is not None:
            return "\n".join(line.removeprefix("\t") for line in block.split("\n"))
        return _unquoted(f'"{log["quoted"]}"')
    crash = _CRASH.search(said)
    if crash is not None:
        return f"it crashed: {crash[1]}"
    lines = said.strip().splitlines()
    first = next((i for i, line in enumerate(lines) if _PREFIX.match(line)), 0)
    return _PREFIX.sub("", "\n".join(lines[first:]), count=1)


def _unquoted(text: str) -> str:
    """Read what Go's `%q` writes, which is nearly JSON."""
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def _clean(text: str, folder: str) -> str:
    text = text.replace(f"{folder}/", "").replace(folder, ".")
    for pattern, instead in _VALUES:
        text = pattern.sub(instead, text)
    line = " ".join(text.split())
    if not line:
        return "it does not say why"
    return line if len(line) <= MAX_LENGTH else f"{line[:MAX_LENGTH]}…"
