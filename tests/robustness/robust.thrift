struct Tree {
  1: i32 number,
  2: string text,
  3: list<Tree> below,
  4: map<string, i64> counts,
  5: binary raw,
  6: set<double> ratios,
  7: Tree next,
  8: bool flag
}

service Robust {
  i32 add(1: i32 a, 2: i32 b),
  Tree echo(1: Tree tree),
  binary big(1: i32 size),
  i32 fail(1: string how)
}
