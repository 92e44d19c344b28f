"""The alias: programs that import thriftpy2 get fastthrift's modules. Each case is a process, for imports are global."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fastthrift

PACKAGE = str(Path(fastthrift.__file__).resolve().parents[1])


def run(program: str, *command: str, cwd: Path | None = None) -> str:
    arguments = list(command) or ["-c", textwrap.dedent(program)]
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": PACKAGE},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


INSTALL = "from fastthrift import compat\ncompat.install('thriftpy2')\n"

CLAIMS = {
    "package": "import thriftpy2, fastthrift; print(thriftpy2 is fastthrift)",
    "submodule": "import thriftpy2.defaults, fastthrift.defaults; print(thriftpy2.defaults is fastthrift.defaults)",
    "from import": "from thriftpy2.defaults import use; from fastthrift import defaults; print(use is defaults.use)",
    "attribute of the package": "import thriftpy2.defaults, fastthrift; print(thriftpy2.defaults is fastthrift.defaults)",
    "name of the module": "import thriftpy2; print(thriftpy2.__name__ == 'fastthrift')",
    "spec of the module": "import thriftpy2, thriftpy2.defaults as d; print(d.__spec__.name == 'fastthrift.defaults')",
    "spec of the package": "import thriftpy2; print(thriftpy2.__spec__.name == 'fastthrift')",
    "sys.modules": "import thriftpy2, sys; print(sys.modules['thriftpy2'] is sys.modules['fastthrift'])",
    "defaults": "from fastthrift import defaults; print(defaults.current.reuse_port)",
    "twice": "compat.install('thriftpy2'); import sys; print(sum(isinstance(f, compat.Alias) for f in sys.meta_path) == 1)",
    "find_spec": "import importlib.util; print(importlib.util.find_spec('thriftpy2').name == 'thriftpy2')",
    "reload": "import importlib, thriftpy2.defaults as d; print(importlib.reload(d) is d)",
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_alias_gives_the_same_objects(claim: str) -> None:
    assert run(INSTALL + CLAIMS[claim]) == "True"


def test_name_of_the_alias_is_free() -> None:
    assert run(
        "from fastthrift import compat; compat.install('thriftpy'); import thriftpy; print(thriftpy.__name__)"
    ) == ("fastthrift")


def test_other_packages_of_a_similar_name_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thriftpy2_extras.py").write_text("print('theirs')")
    assert run("", "-c", INSTALL + "import thriftpy2_extras", cwd=tmp_path) == "theirs"


def test_module_that_fastthrift_lacks_is_reported_under_the_name_that_was_asked_for() -> None:
    program = INSTALL + textwrap.dedent("""
        try:
            import thriftpy2.nothing_of_ours
        except ModuleNotFoundError as error:
            print(error.name)
    """)
    assert run(program) == "thriftpy2.nothing_of_ours"


def test_alias_is_refused_after_the_real_package_was_imported() -> None:
    program = """
        import sys, types
        sys.modules["thriftpy2"] = types.ModuleType("thriftpy2")
        from fastthrift import compat, defaults
        try:
            compat.install("thriftpy2")
        except ImportError as error:
            print(error, defaults.current.reuse_port)
    """
    assert run(program) == (
        "thriftpy2 is imported already: install the alias before the first import of it False"
    )  # nothing was switched


def test_uninstall_takes_the_alias_away_and_gives_the_defaults_back() -> None:
    program = """
        import sys
        from fastthrift import compat, defaults
        before = list(sys.meta_path)
        compat.install("thriftpy2")
        import thriftpy2, thriftpy2.defaults
        compat.uninstall("thriftpy2")
        print(sys.meta_path == before, [m for m in sys.modules if m.startswith("thriftpy2")], defaults.current.reuse_port)
    """
    assert run(program) == "True [] False"


def test_program_runs_under_the_alias(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import sys, thriftpy2\nprint(__name__, thriftpy2.__name__, sys.argv[1:])")
    assert run("", "-m", "fastthrift.compat", str(script), "a", "--as", "b") == "__main__ fastthrift ['a', '--as', 'b']"


def test_program_runs_under_another_alias(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import thriftpy\nprint(thriftpy.__name__)")
    assert run("", "-m", "fastthrift.compat", "--as", "thriftpy", str(script)) == "fastthrift"
