struct Message {
    1: i64 id,
    2: string body,
    3: list<string> to,
    4: map<string, string> headers,
}

service MessageService {
    Message echo(1: Message message),
    i32 count(),
}
