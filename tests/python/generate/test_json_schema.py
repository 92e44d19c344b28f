"""``--gen json``: Apache's form, checked against Apache's compiler where it is installed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .test_peer import CORPUS, apache_compiler

BASE = "namespace py b.c\nenum E {A = 1, B}\nstruct S {1: i32 a}\nunion U {1: i32 a}\nexception X {1: string m}\nservice P {}"
IDL = """\
/** The file. */
include "b.thrift"
namespace * all
/** An enum. */
enum F {Q (x = "y")}
typedef list<b.S> LS
typedef binary Bin (py = "x")
struct T {
  /** A field. */
  1: required b.E e = b.E.A (a = "b", c)
  2: optional list<map<string, set<b.U>>> l
  3: Bin b = "abc"
  4: b.S s = {"a": 3}
  5: double d = 2
  6: list<i32> li = [1, 2]
  7: bool bo = true
  8: F f
  9: map<i32, i32> mm = {1: 2}
  10: LS ls
} (final = "1")
struct S2 {1: string z, 2: list<double> y}
const b.E CE = b.E.B
const i32 CI = b.E.B
const S2 CS = {"y": [1.5], "z": "q"}
service V extends b.P {b.S f(1: T t) throws (1: b.X x), list<T> g(), oneway void h()}
"""


def comparable(value: Any) -> Any:
    """Without what is beyond Apache's (names of enums, annotations of their values), and without the line feed behind its docs."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: comparable(each) for key, each in value.items() if key != "enum"}
    for enum in kept.get("enums", []):
        for member in enum["members"]:
            member.pop("annotations", None)
    if isinstance(kept.get("doc"), str):
        kept["doc"] = kept["doc"].strip()
    return kept


def test_the_form_is_apaches(run):
    compiler = apache_compiler()
    if compiler is None:
        pytest.skip("Apache's compiler is not installed")
    made = run({"x.thrift": IDL, "b.thrift": BASE}, "-r", "--gen", "json")
    (made.folder / "theirs").mkdir()
    subprocess.run(
        [compiler, "-r", "--gen", "json", "-out", "theirs", "x.thrift"], cwd=made.folder, timeout=20, check=True,
        capture_output=True,
    )  # fmt: skip
    for name in ("x", "b"):
        ours, theirs = json.loads(made[f"gen-json/{name}.json"]), json.loads(made[f"theirs/{name}.json"])
        assert comparable(ours) == comparable(theirs)


# Apache's resolves what these say otherwise, or prints values of other kinds.
OTHERWISE = {
    "thrift/test/DoubleConstantsTest.thrift",  # doubles by %g
}


def test_real_files_are_as_apaches(run, tmp_path):
    compiler = apache_compiler()
    if compiler is None or not CORPUS.is_dir():
        pytest.skip("Apache's compiler or the IDL files of ../shared/idl are not here")
    from fastthrift.generate.command import main

    compared = 0
    differing = []
    for path in sorted(CORPUS.glob("*/**/*.thrift")):
        name = path.relative_to(CORPUS).as_posix()
        flags = [word for each in path.parents if CORPUS in each.parents for word in ("-I", str(each))]
        done = subprocess.run([compiler, "-nowarn", "--gen", "json", *flags, "-out", str(tmp_path), str(path)],
                              capture_output=True, timeout=20)  # fmt: skip
        output = tmp_path / (path.stem + ".json")
        if done.returncode != 0 or name in OTHERWISE:
            continue
        theirs = _loaded(output)
        assert main(["-nowarn", "--gen", "json", *flags, "-out", str(tmp_path), str(path)]) == 0
        ours = _loaded(output)
        if theirs is None or ours is None:
            continue
        for part in ("name", "namespaces", "includes", "enums", "structs", "typedefs", "services"):
            if _without_values(comparable(ours)[part]) != _without_values(theirs[part]):
                differing.append((name, part))
        compared += 1
    assert differing == []
    assert compared > 70


def _loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8", "replace"), strict=False)
    except ValueError:  # Apache's writes some docs and values as no JSON
        return None


def _without_values(value: Any) -> Any:
    """Docs are cleaned a little differently, and defaults are printed with fewer digits."""
    if isinstance(value, list):
        return [_without_values(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_values(each) for key, each in value.items() if key not in ("doc", "default", "enum")}


def test_enums_are_named_beside_their_number_type(run):
    made = run({"x.thrift": IDL, "b.thrift": BASE}, "--gen", "json")
    schema = json.loads(made["gen-json/x.json"])
    (struct, _) = schema["structs"]
    assert {key: struct["fields"][0][key] for key in ("typeId", "enum", "default")} == {
        "typeId": "i32", "enum": "b.E", "default": 1,
    }  # fmt: skip
    assert struct["fields"][0]["doc"] == "A field."
    assert schema["doc"] == "The file."


def test_values_that_json_has_no_form_for(run):
    idl = "const double A = 1e999\nconst double B = -1e999\nconst map<i32, i32> C = {1: 2}\n"
    idl += "const map<list<i32>, bool> D = {[1, 2]: true}\nconst uuid E = '00112233-4455-6677-8899-aabbccddeeff'"
    schema = json.loads(run(idl, "--gen", "json")["gen-json/x.json"])
    assert {each["name"]: each["value"] for each in schema["constants"]} == {
        "A": "Infinity", "B": "-Infinity", "C": {"1": 2}, "D": {"[1, 2]": 1}, "E": "00112233-4455-6677-8899-aabbccddeeff",
    }  # fmt: skip


def test_text_of_any_kind_is_valid_json(run):
    schema = json.loads(run('/** \\ " \t é */ const string A = "\\\\ \\" \\n é"', "--gen", "json")["gen-json/x.json"])
    assert schema["constants"][0]["value"] == '\\ " \n é'
    assert schema["constants"][0]["doc"] == '\\ " \t é'
