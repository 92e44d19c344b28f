exception Overflow {
  1: string message
  2: i32 limit
}

struct Item {
  1: i32 id
  2: string name
  3: list<string> tags
  4: map<string, string> labels
  5: set<i64> numbers
  6: binary blob
  7: bool flag
  8: double weight
  9: list<Item> children
}

service Calc {
  i32 add(1: i32 a, 2: i32 b) throws (1: Overflow overflow)
  string echo(1: string text)
  Item item(1: Item it)
  void nothing()
  oneway void note(1: string text)
  i32 fail(1: string how) throws (1: Overflow overflow)
  i32 none()
  i32 need(1: required i32 a, 2: i32 b = 7)
  i32 wrong()
  string close(1: string text)
  i32 wait(1: i32 token)
}
