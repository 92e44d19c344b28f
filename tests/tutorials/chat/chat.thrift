service Chat {
    string send(1: string sender, 2: string text)
    list<string> history()
}
