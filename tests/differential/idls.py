"""The IDLs that both libraries load. Each is a whole file; the struct that values are made of is its last one."""

from __future__ import annotations

BASE_TYPES = """
struct Base {
  1: bool flag,
  2: byte tiny,
  3: i16 short_one,
  4: i32 number,
  5: i64 big,
  6: double real,
  7: string text,
  8: binary raw,
}
"""

CONTAINERS = """
struct Containers {
  1: list<bool> flags,
  2: list<i8> bytes,
  3: list<i16> shorts,
  4: list<i32> ints,
  5: list<i64> longs,
  6: list<double> reals,
  7: list<string> texts,
  8: list<binary> raws,
  9: set<i32> numbers,
  10: set<string> words,
  11: map<string, i32> counts,
  12: map<i32, string> names,
  13: map<i64, double> table,
  14: map<bool, bool> truths,
  15: list<list<i32>> rows,
  16: list<map<string, list<string>>> index,
  17: map<string, map<i32, list<bool>>> deep,
}
"""

NESTED = """
enum Kind { A = 1, B = 2, C = -7, D = 2147483647 }
struct Leaf { 1: i32 a, 2: string b, 3: Kind kind }
union Choice { 1: i32 number, 2: string text, 3: Leaf leaf, 4: list<Leaf> leaves }
exception Problem { 1: string message, 2: Leaf where }
struct Nested {
  1: Leaf leaf,
  2: list<Leaf> leaves,
  3: map<string, Leaf> by_name,
  4: Choice choice,
  5: list<Choice> choices,
  6: Kind kind,
  7: list<Kind> kinds,
  8: map<Kind, Leaf> by_kind,
  9: Problem problem,
  10: list<list<Leaf>> matrix,
}
"""

RECURSIVE = """
struct Tree {
  1: i32 value,
  2: optional Tree left,
  3: optional Tree right,
  4: list<Tree> children,
  5: map<string, Tree> named,
}
"""

IDS = """
struct Ids {
  1: i32 first,
  16: i32 after_a_gap_of_fifteen,
  17: bool adjacent,
  40: string forty,
  3: i32 backwards,
  32767: i32 last_id,
  200: bool flag,
  201: bool flag_too,
  -5: i32 negative,
}
"""

NO_IDS = """
struct Inner { string a, i32 b }
struct NoIds { i32 x, string y, Inner inner, list<Inner> more }
"""

DEFAULTS = """
const list<i32> SOME = [1, 2, 3]
enum Level { LOW = 1, HIGH = 2 }
struct Point { 1: i32 x = 1, 2: i32 y = -1 }
struct Defaults {
  1: i32 a = 5,
  2: string b = "text",
  3: list<i32> c = SOME,
  4: map<string, i32> d = {"k": 1},
  5: Level e = Level.HIGH,
  6: double f = 1.5,
  7: bool g = true,
  8: optional Point h,
  9: required i32 i,
}
"""

ALIASES = """
typedef i64 Id
typedef list<Id> Idents
typedef map<string, Idents> Index
struct Item { 1: Id id, 2: Idents ids }
typedef Item Thing
struct Aliases { 1: Id id, 2: Index index, 3: Thing thing, 4: list<Thing> things }
"""

WIDE = "struct Wide {\n" + "\n".join(f"  {i}: optional i32 f{i}," for i in range(1, 61)) + "\n}\n"

EMPTY = "struct Nothing {}\nstruct Empty { 1: Nothing nothing, 2: list<Nothing> nothings }"

ALL = {
    "base types": BASE_TYPES,
    "containers": CONTAINERS,
    "nested": NESTED,
    "recursive": RECURSIVE,
    "ids": IDS,
    "no ids": NO_IDS,
    "defaults": DEFAULTS,
    "aliases": ALIASES,
    "wide": WIDE,
    "empty": EMPTY,
}

SERVICE = """
enum Kind { A = 1, B = 2 }
struct Item { 1: i64 id, 2: string name, 3: list<string> tags, 4: Kind kind }
exception NotFound { 1: i64 id, 2: string message }
exception Refused { 1: list<string> reasons }
service Base { string version() }
service Store extends Base {
  void ping(),
  bool flag(1: bool value),
  i32 number(1: i32 value),
  i64 big(1: i64 value),
  double real(1: double value),
  string text(1: string value),
  binary raw(1: binary value),
  list<Item> items(1: list<Item> value),
  map<string, i32> counts(1: map<string, i32> value),
  Item get(1: i64 id) throws (1: NotFound missing, 2: Refused refused),
  void put(1: Item item, 2: i32 times = 2) throws (1: Refused refused),
  Kind kind(1: Kind value),
  i32 out_of_order(3: i32 c, 1: i32 a, 2: i32 b),
  oneway void forget(1: i64 id),
  string broken(),
  string nothing(),
}
"""
