/** A chat with rooms. */

exception NotInRoom {
  1: string who,
  2: string room,
}

struct Message {
  1: string sender,
  2: string text,
  3: optional double sent_at,
}

service Chat {
  /** Enters a room; gives those who are in it, oneself included. */
  list<string> join(1: string room, 2: string who),

  /** Says something in a room; gives the message's number. */
  i32 post(1: string room, 2: Message message) throws (1: NotInRoom not_in_room),

  /** The messages of a room from a number on. */
  list<Message> history(1: string room, 2: i32 since = 0),

  /** Tells the room that somebody is typing; nothing is answered. */
  oneway void typing(1: string room, 2: string who),
}
