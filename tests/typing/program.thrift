enum Colour { RED = 1, GREEN = 2 }

struct Item {
  1: string name
  2: list<string> tags
  3: Colour colour
}

exception TooBig {
  1: i32 limit
}

service Calc {
  i32 add(1: i32 a, 2: i32 b) throws (1: TooBig big)
  Item item(1: Item it)
}
