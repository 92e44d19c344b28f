import sys

import fastthrift
from fastthrift.rpc import client_context

library = fastthrift.load("library.thrift", module_name="library_thrift")
from library_thrift import Author, Book, Catalogue, NoSuchBook  # noqa: E402

print(library.SHELVES, library.Shelf.TOP, Book().year)
with client_context(Catalogue, "127.0.0.1", int(sys.argv[1])) as c:
    print(c.add(Book("Solaris", year=1961), Author("Lem")))
    print(c.add(book=Book("Ubik"), author=Author("Dick")))
    print(c.by_author("Lem"))
    everything = c.everything()
    print(sorted(everything.authors), everything.shelf)
    try:
        c.remove("Dune")
    except NoSuchBook as e:
        print("no such book:", e.title)
    print(c.remove("Ubik"), len(c.everything().books))
