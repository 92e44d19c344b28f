include "base.thrift"

const list<string> ROLES = ["admin", "guest"]
const map<string, i32> AGES = {"min": 18, "max": 120}

union Contact { 1: string email, 2: i64 phone }

struct User {
    1: i64 uid
    2: string name
    3: i8 age
    4: Contact contact
    5: list<map<string, set<i32>>> scores
    6: User manager
    7: string role = "guest"
}

exception BadAge { 1: string message, 2: i8 age }

service UserService extends base.Base {
    i64 create(1: User user) throws (1: BadAge bad_age)
    list<User> page(1: base.Page page)
}
