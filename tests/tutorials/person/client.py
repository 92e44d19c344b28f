import sys

import fastthrift
from fastthrift.rpc import client_context

person_thrift = fastthrift.load("person.thrift", module_name="person_thrift")
where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}

with client_context(person_thrift.PersonService, **where) as c:
    print(c.ping())
    alice = person_thrift.Person(id=1, name="Alice", phones=[person_thrift.PhoneNumber(number="555-0101")])
    print(c.add(alice))
    print(c.add(person_thrift.Person(2, "Zoë", email="zoe@example.org", tags={"admin"})))
    print(c.get(1))
    print(c.get(1) == alice)
    print(person_thrift.PhoneType._VALUES_TO_NAMES[c.get(1).phones[0].type])
    print(sorted(c.all()), c.all()[2].name, c.all()[2].email)
    try:
        c.get(3)
    except person_thrift.PersonNotFound as e:
        print(e.id, e.message)
