"""Every single allocation of a call, a parse, a value's reading and writing fails once, C++'s and Python's alike: nothing
crashes, nothing but MemoryErrors and Thrift's own exceptions comes out, and the next try works.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastthrift

MALLOC = """
#include <errno.h>
#include <stddef.h>
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void*, size_t);
static __thread long left = -1;
static int starved;
void starve_after(long count) { left = count; if (count >= 0) starved = 0; }
int has_starved(void) { return starved; }
static int fails(void) {
  if (left < 0 || left-- > 0) return 0;
  errno = ENOMEM;
  return starved = 1;
}
void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void* realloc(void* at, size_t size) { return fails() ? NULL : __libc_realloc(at, size); }
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc's names of malloc")
@pytest.mark.skipif(bool(os.environ.get("LD_PRELOAD")), reason="something else (a sanitizer) stands before malloc")
def test_any_allocation_may_fail(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("needs a C compiler")
    library = tmp_path / "starve.so"
    (tmp_path / "starve.c").write_text(MALLOC)
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, tmp_path / "starve.c"], check=True, timeout=50)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("starved.py"))],
        env={
            **os.environ,
            "LD_PRELOAD": str(library),
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": str(Path(fastthrift.__file__).resolve().parents[1]),
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.stdout == "survived\n", done.stdout + done.stderr[-3000:]
