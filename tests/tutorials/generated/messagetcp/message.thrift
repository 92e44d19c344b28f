service MessageService {
  Message echo(Message message, i32 times)
  i32 count()
  void fail(string why)
}

struct Message {
  1: i64 id
  2: string body
  3: list<string> to
}
