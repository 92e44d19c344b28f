import sys

import fastthrift
from fastthrift.rpc import make_server

person_thrift = fastthrift.load("person.thrift", module_name="person_thrift")


class Dispatcher(object):
    def __init__(self):
        self.people = {}

    def ping(self):
        pass

    def add(self, person):
        self.people[person.id] = person
        return len(self.people)

    def get(self, id):
        if id not in self.people:
            raise person_thrift.PersonNotFound(id, "nobody has this id")
        return self.people[id]

    def all(self):
        return self.people


def main():
    where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
    server = make_server(person_thrift.PersonService, Dispatcher(), **where)
    print("serving...")
    server.serve()


if __name__ == "__main__":
    main()
