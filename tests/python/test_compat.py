"""The alias: programs that import thriftpy2 get fastthrift's modules. Each case is a process, for imports are global."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from programs import PACKAGE


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
    "version": "import fastthrift; print(fastthrift.__version__ == '0.7.1')",
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
        import fastthrift, fastthrift.version
        print(fastthrift.__version__ == fastthrift.version.VERSION)
    """
    assert run(program) == "True [] False\nTrue"


def test_alias_of_apaches_package_leaves_the_version_alone() -> None:
    program = """
        import fastthrift
        from fastthrift import compat
        before = fastthrift.__version__
        compat.install("thrift")
        print(fastthrift.__version__ == before)
    """
    assert run(program) == "True"


@pytest.mark.parametrize("bound", ["0.4.10", "0.5.0", "0.7"])
def test_programs_that_ask_for_a_version_take_the_new_way(bound: str) -> None:
    program = f"""
        import thriftpy2
        number = lambda text: tuple(map(int, text.split(".")))
        print(number(thriftpy2.__version__) > number({bound!r}))
    """
    assert run(INSTALL + textwrap.dedent(program)) == "True"


def test_program_runs_under_the_alias(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import sys, thriftpy2\nprint(__name__, thriftpy2.__name__, sys.argv[1:])")
    assert run("", "-m", "fastthrift.compat", str(script), "a", "--as", "b") == "__main__ fastthrift ['a', '--as', 'b']"


def test_program_runs_under_another_alias(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("import thriftpy\nprint(thriftpy.__name__)")
    assert run("", "-m", "fastthrift.compat", "--as", "thriftpy", str(script)) == "fastthrift"


NEIGHBOUR = "import thriftpy2\nnames = thriftpy2.__name__"


@pytest.mark.parametrize("form", [["program.py"], ["-m", "program"], ["--as", "thriftpy2", "-m", "package.program"]])
def test_script_and_module_forms_import_what_python_would(tmp_path: Path, form: list[str]) -> None:
    program = (
        "import sys, {neighbour} as n\nprint(__name__, n.names, sys.argv[1:], bool(sys.argv[0].endswith('program.py')))"
    )
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    for folder, neighbour in ((tmp_path, "neighbour"), (tmp_path / "package", "package.neighbour")):
        (folder / "neighbour.py").write_text(NEIGHBOUR)
        (folder / "program.py").write_text(program.format(neighbour=neighbour))
    printed = "__main__ fastthrift ['-m', '--as', 'x'] True"
    assert run("", "-m", "fastthrift.compat", *form, "-m", "--as", "x", cwd=tmp_path) == printed


def test_script_elsewhere_finds_its_neighbours_and_not_those_of_the_working_directory(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "program.py").write_text("import neighbour; print(neighbour.names)")
    (there / "neighbour.py").write_text(NEIGHBOUR)
    (here / "neighbour.py").write_text("names = 'the wrong one'")
    assert run("", "-m", "fastthrift.compat", str(there / "program.py"), cwd=here) == "fastthrift"


def test_processes_that_a_program_spawns_run_under_the_alias_too(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "print(subprocess.run([sys.executable, '-c', 'import os; print(os.environ[\"FASTTHRIFT_COMPAT\"])'],"
        " capture_output=True, text=True).stdout.strip())"
    )
    assert run("", "-m", "fastthrift.compat", "--as", "thriftpy2,thrift", str(script)) == "thriftpy2,thrift"


PTH = Path(PACKAGE) / "fastthrift_compat.pth"

# (what the variable is, the program, what it prints)
ENVIRONMENTS = [
    pytest.param("thriftpy2", "import thriftpy2; print(thriftpy2.__name__)", "fastthrift", id="one name"),
    pytest.param(
        "thriftpy2, thrift",
        "import thriftpy2, thrift; print(thriftpy2.__name__, thrift.__name__)",
        "fastthrift fastthrift.apache",
        id="two names",
    ),
    pytest.param(
        "", "import sys; print('fastthrift' in sys.modules, 'importlib.util' in sys.modules)", None, id="empty"
    ),
    pytest.param(
        None, "import sys; print('fastthrift' in sys.modules, 'importlib.util' in sys.modules)", None, id="unset"
    ),
]


@pytest.mark.skipif(not PTH.exists(), reason="the tests run on an installed fastthrift")
@pytest.mark.parametrize(("value", "program", "printed"), ENVIRONMENTS)
def test_variable_installs_the_alias_at_start_and_costs_nothing_otherwise(
    tmp_path: Path, value: str | None, program: str, printed: str | None
) -> None:
    """The .pth file in a site-packages of its own, as the wheel puts it beside the package."""
    environment = {**os.environ, "PYTHONPATH": ""}
    environment.pop("FASTTHRIFT_COMPAT", None)
    plain = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)
    if value is not None:
        environment["FASTTHRIFT_COMPAT"] = value
    start = f"import site, sys; sys.path.insert(0, {PACKAGE!r}); site.addpackage({PACKAGE!r}, {PTH.name!r}, None); "
    done = subprocess.run(
        [sys.executable, "-S", "-c", start + program], env=environment, capture_output=True, text=True, timeout=50
    )
    assert done.stderr == ""
    assert done.stdout == (plain.stdout if printed is None else printed + "\n")


def test_pth_file_is_one_line_that_imports_and_cmake_installs_it() -> None:
    if not PTH.exists():
        pytest.skip("the tests run on an installed fastthrift")
    lines = PTH.read_text().splitlines()
    assert len(lines) == 1 and lines[0].startswith("import ")  # others would be taken for paths
    cmake = Path(__file__).parents[2] / "CMakeLists.txt"
    assert "install(FILES python/fastthrift_compat.pth DESTINATION .)" in cmake.read_text()


def test_pickles_made_by_thriftpy2_load_under_the_alias(tmp_path: Path) -> None:
    pytest.importorskip("thriftpy2")
    (tmp_path / "shop.thrift").write_text(
        "enum Colour { RED = 1 } exception Sold { 1: string why }\n"
        "struct Item { 1: i64 id, 2: list<string> tags, 3: Colour colour, 4: map<string, Item> parts }"
    )
    make = """
        import pickle, thriftpy2
        from thriftpy2.thrift import TApplicationException
        from thriftpy2.transport import TTransportException
        shop = thriftpy2.load("shop.thrift", "shop_thrift")
        inner = shop.Item(id=2)
        values = [shop.Item(1, ["a"], shop.Colour.RED, {"x": inner}), shop.Sold("out"), TApplicationException(6, "m"),
                  TTransportException(4, "n")]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with open(f"{protocol}.pickle", "wb") as out:
                pickle.dump(values, out, protocol)
    """
    run(make, cwd=tmp_path)
    read = """
        import pickle, sys
        from fastthrift import compat
        compat.install("thriftpy2")
        import thriftpy2
        shop = thriftpy2.load("shop.thrift", "shop_thrift")
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with open(f"{protocol}.pickle", "rb") as file:
                item, sold, application, transport = pickle.load(file)
            assert item == shop.Item(1, ["a"], 1, {"x": shop.Item(2)}), item
            assert (type(sold), sold.why, str(application), transport.type, transport.message) == (
                shop.Sold, "out", "m", 4, "n")
        print("all")
    """
    assert run(read, cwd=tmp_path) == "all"
