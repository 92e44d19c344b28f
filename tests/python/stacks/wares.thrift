struct Inner {
  1: i32 n
}

struct Small {
  1: i32 id
  2: string name
  3: list<i16> xs
  4: bool ok
  5: map<string, i32> m
  6: binary b
  7: double d
  8: i64 big
  9: i8 y
  10: set<i32> st
  11: Inner inn
  12: uuid u
  20: bool no
  36: i32 far
  37: list<bool> bs
}

exception Refusal {
  1: i32 code
}

service Wares {
  Small echo(1: Small small)
  i32 add(1: i32 a, 2: i32 b) throws (1: Refusal refusal)
  void nop()
  string get(1: string text)
  oneway void note(1: string text)
}
