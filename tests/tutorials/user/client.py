import pickle
import sys

import fastthrift

fastthrift.install_import_hook()
import user_thrift  # noqa: E402
from fastthrift.rpc import make_client  # noqa: E402
from user_thrift import Contact, User  # noqa: E402

where = {"unix_socket": sys.argv[1]} if "/" in sys.argv[1] else {"host": "127.0.0.1", "port": int(sys.argv[1])}
client = make_client(user_thrift.UserService, **where)
print(client.version(), user_thrift.ROLES)
boss = User(name="Ada", age=36, contact=Contact(email="ada@example.org"))
client.create(boss)
client.create(
    User(name="Grace", age=45, contact=Contact(phone=5550102), scores=[{"x": {1}}], manager=boss, role="admin")
)
try:
    client.create(User(name="Kid", age=7))
except user_thrift.BadAge as e:
    print(e.message, e.age)
for user in client.page(user_thrift.base.Page(size=1, number=2)):
    print(user.uid, user.name, user.role, user.contact.phone, user.manager.name, user.scores[0]["x"])
    print(pickle.loads(pickle.dumps(user)) == user)
print(len(client.page(user_thrift.base.Page())))
client.close()
