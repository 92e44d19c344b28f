import sys

import fastthrift
from fastthrift.rpc import make_server

library = fastthrift.load("library.thrift", module_name="library_thrift")


class Catalogue:
    def __init__(self):
        self.everything_here = library.Library(books=[], authors={})

    def add(self, book, author):
        book.author = author
        self.everything_here.books.append(book)
        self.everything_here.authors[author.name] = author
        return True

    def by_author(self, name):
        return [b for b in self.everything_here.books if b.author.name == name]

    def everything(self):
        return self.everything_here

    def remove(self, title):
        for book in self.everything_here.books:
            if book.title == title:
                self.everything_here.books.remove(book)
                return
        raise library.NoSuchBook(title)


make_server(library.Catalogue, Catalogue(), "127.0.0.1", int(sys.argv[1])).serve()
