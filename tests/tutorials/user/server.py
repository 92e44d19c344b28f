import sys

import fastthrift

fastthrift.install_import_hook()
import user_thrift  # noqa: E402
from fastthrift.rpc import make_server  # noqa: E402


class UserDispatcher:
    users = []

    def version(self):
        return "1.0"

    def create(self, user):
        if user.age < user_thrift.AGES["min"]:
            raise user_thrift.BadAge("too young", user.age)
        self.users.append(user)
        user.uid = len(self.users)
        return user.uid

    def page(self, page):
        start = (page.number - 1) * page.size
        return self.users[start : start + page.size]


where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
make_server(user_thrift.UserService, UserDispatcher(), **where).serve()
