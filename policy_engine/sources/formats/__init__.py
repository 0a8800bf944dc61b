"""Files that are no Kubernetes objects, as plain data: YAML, JSON, TOML, HCL, Dockerfiles, .env, INI and XML."""

from policy_engine.sources.formats.data import FileData
from policy_engine.sources.formats.names import Format, format_of
from policy_engine.sources.formats.problems import FormatCode
from policy_engine.sources.formats.reader import read_data

__all__ = ["FileData", "Format", "FormatCode", "format_of", "read_data"]
