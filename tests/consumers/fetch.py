"""Programs that use thriftpy2, from the package index: unpacked under build/, never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "consumers"


class Unreachable(Exception):
    """The package index did not give it."""


def fetch(name: str, version: str) -> Path:
    """The folder of a release, as a sdist or wheel has it; downloaded once."""
    folder = CACHE / f"{name}-{version}"
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        # Some wheels have no tests.
        only = ["--no-binary", name] if name in ("happybase", "aiohappybase") else []
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *only, "--dest", work]
        done = subprocess.run([*command, f"{name}=={version}"], capture_output=True, text=True, timeout=240)
        archives = [each for each in Path(work).iterdir() if each.name.endswith((".whl", ".tar.gz"))]
        if done.returncode != 0 or not archives:
            raise Unreachable(done.stderr.strip()[-300:])
        unpacked = Path(work) / "unpacked"
        if archives[0].suffix == ".whl":
            with zipfile.ZipFile(archives[0]) as wheel:
                wheel.extractall(unpacked)
        else:
            with tarfile.open(archives[0]) as sdist:
                sdist.extractall(unpacked)  # as pip does
            unpacked = next(unpacked.iterdir())
        try:
            shutil.move(str(unpacked), folder)
        except OSError:
            if not folder.is_dir():  # another process was quicker
                raise
    return folder


def environment(*folders: Path, **variables: str) -> dict[str, str]:
    """Of a process that imports these folders' packages and, as thriftpy2, fastthrift."""
    import fastthrift

    ours = str(Path(fastthrift.__file__).resolve().parents[1])
    path = os.pathsep.join([ours, *map(str, folders)])
    return {**os.environ, "PYTHONPATH": path, **variables}
