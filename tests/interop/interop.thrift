// What the peers of tests/interop speak: every type, every kind of call. Compilers from 0.17 on and thriftpy2 read it,
// so uuid stands in uuids.thrift; there is no "namespace rs" and no constant, which Rust's generator gets wrong.

namespace cpp interop
namespace go interop
namespace java interop
namespace js interop
namespace py interop_idl

enum Color {
  RED = 1
  GREEN = 2
  BLUE = 40000000
}

typedef i64 Moment
typedef list<i32> Row

// A key of maps, which has to be immutable where Python code is generated.
struct Point {
  1: i32 x
  2: i32 y
} (python.immutable = "")

union Shape {
  1: i32 circle
  2: Point corner
  3: string label
  4: list<Shape> group
}

struct Tree {
  1: i32 value
  2: list<Tree> children
}

// Each requiredness, with and without a default.
struct Mixed {
  1: required i32 must
  2: i32 usual = 7
  3: optional i32 maybe
  4: optional string perhaps
  5: required string text
}

// A case of the tests sets the fields that it is about.
struct Everything {
  1: optional bool a_bool
  2: optional i8 an_i8
  3: optional i16 an_i16
  4: optional i32 an_i32
  5: optional i64 an_i64
  6: optional double a_double
  7: optional string a_string
  8: optional binary a_binary
  9: optional Color a_color
  10: optional Moment a_moment
  11: optional list<bool> bools
  12: optional list<i8> i8s
  13: optional list<i16> i16s
  14: optional list<i32> i32s
  15: optional list<i64> i64s
  16: optional list<double> doubles
  17: optional list<string> strings
  18: optional list<binary> binaries
  19: optional list<Color> colors
  20: optional list<Point> points
  21: optional list<Row> rows
  22: optional set<i32> i32_set
  23: optional set<string> string_set
  24: optional set<Point> point_set
  25: optional map<string, i32> by_string
  26: optional map<i32, string> by_i32
  27: optional map<i64, double> by_i64
  28: optional map<bool, string> by_bool
  29: optional map<double, i32> by_double
  30: optional map<Color, string> by_color
  31: optional map<Point, string> by_point
  32: optional map<string, list<map<i32, set<string>>>> nested
  33: optional map<string, map<string, Tree>> groves
  34: optional Tree tree
  35: optional Shape shape
  36: optional list<Shape> shapes
  37: optional Mixed mixed
  38: optional i8 by_the_way
  300: optional i32 far
  32767: optional i32 last
}

exception Refused {
  1: i32 code
  2: string reason
}

exception Broken {
  1: string detail
  2: list<Point> places
}

struct Narrow {
  1: i32 first
  50: string last
}

// Narrow as a newer program knows it: all fields between are skipped by an older one.
struct Wide {
  1: i32 first
  2: bool a_bool
  3: i8 an_i8
  4: i16 an_i16
  5: i32 an_i32
  6: i64 an_i64
  7: double a_double
  8: string a_string
  9: binary a_binary
  10: list<bool> bools
  11: set<string> strings
  12: map<string, list<i64>> lists
  13: Tree tree
  14: list<Tree> trees
  15: map<i32, Point> points
  16: map<string, string> nothing
  50: string last
}

service Base {
  string who()
  void ping()
}

service Peer extends Base {
  // JSON that says what arrived, see README.md for its form.
  string describe(1: Everything value)
  Everything echo(1: Everything value)
  string arguments(1: bool a, 2: i8 b, 3: i16 c, 4: i32 d, 5: i64 e, 6: double f, 7: string g, 8: binary h, 9: Color n,
                   10: list<i32> j, 11: map<string, i32> k, 12: Point l)
  double half(1: double value)
  binary reversed(1: binary data)
  // Refused by 0, Broken by less.
  i32 divide(1: i32 dividend, 2: i32 divisor) throws (1: Refused refused, 2: Broken broken)
  // Raises what it did not declare.
  void fail()
  oneway void note(1: string text)
  // Those notes of all connections that begin so.
  list<string> notes(1: string prefix)
  string narrow(1: Narrow value)
}

// What a newer client calls at a server of Peer.
service Later {
  string narrow(1: Wide value)
  i32 unheard_of(1: Wide value)
}

// Stands beside Peer where services are multiplexed.
service Second {
  i32 twice(1: i32 number)
}
