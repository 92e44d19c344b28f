namespace py example

enum Level {
  LOW = 1
  HIGH = 2
}

/** What somebody wrote down. */
struct Note {
  1: required string title
  2: optional string body
  3: list<string> tags = []
  4: Level level = Level.LOW
}

const i32 MAX_NOTES = 10
