exception Unknown {
  1: string name
}

struct Entry {
  1: string name
  2: list<string> numbers
}

service Phone {
  string hello(1: string name)
  Entry find(1: string name) throws (1: Unknown unknown)
  void nothing()
  oneway void note(1: string text)
  i32 fail(1: string how)
  i32 wait(1: i32 token)
  binary blob(1: i32 size)
}
