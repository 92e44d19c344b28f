/** Doc of the file. */
namespace py a.b-c (x = "y")
namespace * all;
cpp_include "map"
include 'x.thrift'
php_namespace old
# comment
const x.E e = x.E.A (a)
const list<x.S> l = x.L
const map<string, list<x.S>> m = {"k": [{"a": 0x1F, "s": {"a": -2}}], 'j': x.L;}
const double d = 1.5e-3, const i64 big = 99999999999999999999
typedef map cpp_type "M" <string, set<list<i32>>> (t) M (u = 'v')
enum Color { RED = 1, GREEN (x), BLUE = -0x2; }
senum Old { "a", 'b' }
union U xsd_all { 1: i32 a = true; 2: uuid b = "{00000000-0000-0000-0000-000000000000}" }
exception X { 1: required string why = "it's\n" (k) /** trailing */ }
/** Doc of S. */
struct S { i32 list & = 5; -5: optional slist struct xsd_optional xsd_nillable xsd_attrs { 1: i32 q }, 7: S self }
service Child extends x.P {
  oneway void a(),
  async void b(1: Later x)
  list<Later> c(1: i32 x = 3 2: string from_) throws (1: X e, X f) (z);
} (last)
struct Later { 1: Color c = Color.RED } ;
