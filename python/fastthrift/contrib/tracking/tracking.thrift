/** What a client says of itself when it asks whether the server tracks. */
struct UpgradeArgs {
  1: string app_id
  2: i32 version
}

/** The server's answer. Without a version it knows the first one: no header in front of replies. */
struct UpgradeReply {
  1: i32 version
}

/** In front of each call. */
struct RequestHeader {
  1: string request_id
  /** 1.2.3: the third call of the second call of the first call. */
  2: string seq
  3: map<string, string> meta
}

/** In front of each reply, from version 2 on. */
struct ResponseHeader {
  1: map<string, string> meta
}
