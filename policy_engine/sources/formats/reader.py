"""A file's bytes to plain data. Whatever is in them, the answer is data or what is wrong: never an exception."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from policy_engine.sources.document import Broken
from policy_engine.sources.formats.data import FileData, Parsed
from policy_engine.sources.formats.json_values import to_json_value
from policy_engine.sources.formats.names import Format, format_of, holds_secrets
from policy_engine.sources.formats.places import KnownPlaces, WithheldText
from policy_engine.sources.formats.problems import FormatCode, FormatError, broken, too_deep
from policy_engine.sources.layout import Places
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.reading import DocumentReader, too_large
from policy_engine.sources.text import Place, SourceText, UndecodableText, decode
from policy_engine.sources.values import JsonValue

Read = Callable[[SourceText, Limits], Parsed]

# The module that reads a format, and the most bytes it takes: ten seconds' work for the worst text that was found,
# less than one for what people write. python-hcl2 needs up to 30 s a megabyte; few Terraform files have 100 kB.
_READERS = {
    Format.TOML: ("toml", 1024 * 1024, FormatCode.TOML_SYNTAX),
    Format.HCL: ("hcl", 256 * 1024, FormatCode.HCL_SYNTAX),
    Format.DOCKERFILE: ("dockerfile", 1024 * 1024, FormatCode.DOCKERFILE_SYNTAX),
    Format.DOTENV: ("env", 1024 * 1024, FormatCode.DOTENV_SYNTAX),
    Format.INI: ("ini", 512 * 1024, FormatCode.INI_SYNTAX),
    Format.XML: ("xml", 4 * 1024 * 1024, FormatCode.XML_SYNTAX),
}


def read_data(path: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> FileData | Broken:
    """Read a file in the format that its name tells.

    limits: what a format bears may be less, see docs/reference/objects.md.
    """
    format = format_of(path)
    if format is None:
        return Broken(path=path, code=FormatCode.UNKNOWN, message="no format is known for files of this name")
    is_secret = holds_secrets(path)
    most = min(limits.file_bytes, _READERS[format][1]) if format in _READERS else limits.file_bytes
    if len(data) > most:
        return too_large(path, Limits(file_bytes=most))
    try:
        source = _guarded(decode(path, data), is_secret)
    except UndecodableText as error:
        readable = _guarded(error.source, is_secret)
        place = readable.place(error.offset)
        not_text = FormatError(error.message, code=ProblemCode.NOT_TEXT, place=place, help=error.help)
        return broken(readable, not_text)
    if format not in _READERS:
        return _documents(format, source, limits, is_secret)
    module, _, syntax = _READERS[format]
    try:
        parsed = _read(module, source, limits)
    except FormatError as error:
        return broken(source, error)
    except RecursionError:
        return broken(source, too_deep(limits.depth))
    except Exception:  # another's code met hostile text: whatever it makes of that, the file is not judged
        return broken(source, FormatError("cannot be read", code=syntax, place=Place(1, 1)))
    places = KnownPlaces(source, parsed.places)
    return FileData(format=format, documents=(parsed.value,), layouts=(places,), is_secret=is_secret)


def _read(module: str, source: SourceText, limits: Limits) -> Parsed:
    read: Read = import_module(f"policy_engine.sources.formats.{module}").read
    parsed = read(source, limits)
    return Parsed(to_json_value(parsed.value, limits), parsed.places)


def _documents(format: Format, source: SourceText, limits: Limits, is_secret: bool) -> FileData | Broken:
    values: list[JsonValue] = []
    layouts: list[Places] = []
    for document in DocumentReader(limits).documents(source):
        if isinstance(document, Broken):
            return document
        if len(values) == limits.documents:
            many = f"more than {limits.documents} documents"
            return broken(source, FormatError(many, code=ProblemCode.TOO_MANY_DOCUMENTS, help="split the file"))
        values.append(document[0])
        layouts.append(document[1])
    if not values:
        values.append(None)
        layouts.append(KnownPlaces(source, {}))
    return FileData(format=format, documents=tuple(values), layouts=tuple(layouts), is_secret=is_secret)


def _guarded(source: SourceText, is_secret: bool) -> SourceText:
    return WithheldText(source.path, source.text, has_mark=source.has_mark) if is_secret else source
