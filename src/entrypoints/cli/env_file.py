"""Settings from a file, for whoever supports an installation by hand."""

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path


ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)")
QUOTES = re.compile(r"""(["'])(.*)\1""")


class EnvFileInvalid(Exception):
    """The file of `--env-file` cannot be used; the message says why, and quotes no value."""


def with_env_file(
    environ: Mapping[str, str], path: Path, warn: Callable[[str], None]
) -> dict[str, str]:
    """
    The environment, completed by the `KEY=VALUE` lines of the file at *path*.

    Empty lines and those that begin with `#` are skipped, quotes around a value are dropped.
    What the environment sets already, as X or as X_FILE, stays as it is.

    Raises:
        EnvFileInvalid: the file cannot be read, or a line of it.
    """
    try:
        if path.stat().st_mode & stat.S_IROTH:
            warn(f"Everyone on this machine can read {path}: chmod 600 {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvFileInvalid(f"--env-file {path} cannot be read: {_reason(error)}.") from None

    completed = dict(environ)
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        assignment = ASSIGNMENT.fullmatch(line)
        if assignment is None:
            raise EnvFileInvalid(f"--env-file {path}: line {number} is not KEY=VALUE.")
        name, value = assignment[1], assignment[2].strip()
        setting = name.removesuffix("_FILE")
        if not {setting, f"{setting}_FILE"} & set(environ):
            quoted = QUOTES.fullmatch(value)
            completed[name] = quoted[2] if quoted else value
    return completed


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is not text in UTF-8"
