"""Loading files: which file, under which name, once for all."""

from __future__ import annotations

import fastthrift


def test_a_file_becomes_a_module_with_its_classes(tmp_path):
    path = tmp_path / "chat.thrift"
    path.write_text("struct Message { 1: string text }")
    module = fastthrift.load(path)
    assert module.Message(text="hello").text == "hello"
    assert module.__thrift_file__ == str(path)
