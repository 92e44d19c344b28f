"""Installs one group of packages that pyproject.toml names: `build`, or an extra (`test`, `check`, `bench`)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def listed(text: str, key: str) -> list[str]:
    """The strings of the list `key = [...]`; Python 3.9 has no parser of TOML in its library."""
    found = re.search(rf"^{key} = \[([^]]*)\]", text, re.MULTILINE)
    if not found:
        sys.exit(f"pyproject.toml has no list named {key}")
    return re.findall(r'"([^"]+)"', found.group(1))


def main() -> int:
    group = sys.argv[1]
    text = Path("pyproject.toml").read_text()
    wanted = [*listed(text, "requires"), "cmake>=3.22", "ninja", "build"] if group == "build" else listed(text, group)
    return subprocess.call([sys.executable, "-m", "pip", "install", "--upgrade-strategy", "only-if-needed", *wanted])


if __name__ == "__main__":
    sys.exit(main())
