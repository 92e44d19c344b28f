namespace py person

enum PhoneType {
    MOBILE = 0,
    HOME,
    WORK,
}

struct PhoneNumber {
    1: optional PhoneType type = PhoneType.MOBILE,
    2: string number,
}

struct Person {
    1: required i32 id,
    2: required string name,
    3: optional string email,
    4: optional list<PhoneNumber> phones = [],
    5: optional set<string> tags,
}

exception PersonNotFound {
    1: i32 id,
    2: string message,
}

service PersonService {
    void ping(),
    i32 add(1: Person person),
    Person get(1: i32 id) throws (1: PersonNotFound not_found),
    map<i32, Person> all(),
}
