/** The shapes that the codec rows measure. */

enum Kind { MOBILE = 0, HOME = 1, WORK = 2 }

struct Small {
  1: i32 id,
  2: string name,
  3: bool active,
  4: i64 created,
  5: double score,
}

struct Phone { 1: Kind kind, 2: string number }

struct Person {
  1: string name,
  2: i32 id,
  3: string email,
  4: list<Phone> phones,
  5: i64 created_at,
}

struct Book {
  1: string owner,
  2: list<Person> people,
  3: map<string, i32> counts,
}

struct Rec {
  1: i64 id,
  2: i32 kind,
  3: double x,
  4: double y,
  5: string tag,
  6: bool ok,
  7: i16 level,
  8: string note,
}

struct Recs { 1: list<Rec> recs }
struct Strs { 1: list<string> values }
struct Longs { 1: list<i64> values }
struct Doubles { 1: list<double> values }
struct IntMap { 1: map<i32, i64> values }
struct Blob { 1: binary data }
