const i32 SHELVES = Shelf.TOP

struct Library {
    1: list<Book> books,
    2: map<string, Author> authors,
    3: optional Shelf shelf = Shelf.BOTTOM,
}

service Catalogue {
    bool add(Book book, Author author)
    list<Book> by_author(string name)
    Library everything()
    void remove(string title) throws (NoSuchBook missing)
}

exception NoSuchBook {
    string title
}

struct Book {
    1: required string title,
    2: Author author,
    3: Year year = 1999,
}

struct Author {
    1: string name,
    2: list<Book> wrote,
}

typedef i32 Year

enum Shelf {
    BOTTOM,
    TOP = 7,
}
