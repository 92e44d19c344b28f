"""Classes of an IDL's structs are made without type(). Nobody may see a difference to what a class statement makes."""

from __future__ import annotations

import copyreg
import ctypes
import gc
import inspect
import io
import pickle
import pydoc
import sys
import types
import weakref

import pytest

import fastthrift
from fastthrift.parser.parser import parse_fp, parse_text
from fastthrift.thrift import TException, TPayload, TPayloadMeta
from programs import run_program

IDL = """
struct Inner { 1: i32 n }
/** What it is. */
struct Outer {
  1: required i64 zulu, 2: string alpha = "a", 3: list<string> tags = ["x"], 4: map<string, i32> counts,
  5: Inner inner, 6: optional Outer next, 7: bool oneway, 8: i32 thrift_spec_too, 9: i32 __hidden, 10: i32 read,
}
struct Empty {}
union Either { 1: i32 left, 2: string right }
"""
NAMES = ["Inner", "Outer", "Empty", "Either"]


@pytest.fixture(scope="module")
def loaded():
    # The first class of a process comes from type(): it shows what type() does.
    parse_text("struct First { 1: i32 a }")
    return parse_text(IDL)


@pytest.fixture(scope="module")
def typed():
    """The same classes by type(), which asks for an `__init_subclass__`."""
    return parse_by_type(IDL)


def parse_by_type(idl):
    TPayload.__init_subclass__ = classmethod(lambda cls: None)
    try:
        return parse_text(idl)
    finally:
        del TPayload.__init_subclass__


# The words of PyTypeObject, the same from CPython 3.9 to 3.14.
WORDS = """refcount type size name basicsize itemsize dealloc vectorcall_offset getattr setattr as_async repr as_number
as_sequence as_mapping hash call str getattro setattro as_buffer flags doc traverse clear richcompare weaklistoffset iter
iternext methods members getset base dict descr_get descr_set dictoffset init alloc new free is_gc bases mro cache
subclasses weaklist del version_tag finalize vectorcall versions_used""".split()
# What two classes made by type() differ in as well, and `doc`, a copy of `__doc__` that nothing but
# `__text_signature__` reads.
OF_EACH = {
    "refcount",
    "name",
    "dict",
    "bases",
    "mro",
    "cache",
    "subclasses",
    "weaklist",
    "version_tag",
    "versions_used",
    "doc",
}
VALID_VERSION_TAG = 1 << 19


def words_of(cls):
    count = (type(cls).__basicsize__ - ctypes.sizeof(ctypes.c_void_p)) // ctypes.sizeof(ctypes.c_void_p)
    memory = (ctypes.c_size_t * count).from_address(id(cls))
    end = id(cls) + type(cls).__basicsize__ + type(cls).__itemsize__ * memory[WORDS.index("size")]
    assert cls.__dict__  # has its body by now
    found = {}
    for i, word in enumerate(memory):
        name = WORDS[i] if i < len(WORDS) else f"word {i}"
        inside = id(cls) <= word < end
        found[name] = ("inside", word - id(cls)) if inside else word
    found["flags"] &= ~VALID_VERSION_TAG
    return found


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="looks into CPython's types")
@pytest.mark.parametrize("name", NAMES)
def test_c_slots_are_those_that_type_fills_in(loaded, typed, name):
    ours, theirs = words_of(getattr(loaded, name)), words_of(getattr(typed, name))
    others = words_of(getattr(parse_by_type(IDL), name))
    # Names, keys of instance dicts and the specializer's notes differ between classes of type() too.
    compared = [key for key in theirs if key not in OF_EACH and theirs[key] == others[key]]
    assert len(compared) > 90
    assert {key: ours[key] for key in compared} == {key: theirs[key] for key in compared}


@pytest.mark.parametrize("name", NAMES)
def test_class_shows_what_type_would_show(loaded, typed, name):
    cls, twin = getattr(loaded, name), getattr(typed, name)
    assert type(cls) is TPayloadMeta
    assert cls.__bases__ == (TPayload,) and cls.__base__ is TPayload and cls.__mro__ == (cls, TPayload, object)
    for (
        attribute
    ) in """__name__ __qualname__ __module__ __doc__ __basicsize__ __itemsize__ __dictoffset__ __weakrefoffset__
        __text_signature__""".split():
        assert getattr(cls, attribute) == getattr(twin, attribute)
    assert cls.__flags__ & ~VALID_VERSION_TAG == twin.__flags__ & ~VALID_VERSION_TAG
    assert list(vars(cls)) == list(vars(twin))
    assert [type(value) for value in vars(cls).values()] == [type(value) for value in vars(twin).values()]
    assert "__slots__" not in vars(cls)
    assert dir(cls) == dir(twin)
    assert repr(cls) == repr(twin)
    assert cls in TPayload.__subclasses__() and cls.__subclasses__() == []
    # Before 3.11 it counts the keys that instances' dicts share; ours have their fields in slots.
    if sys.version_info >= (3, 11):
        assert sys.getsizeof(cls) == sys.getsizeof(twin)
    assert sys.getsizeof(cls()) == sys.getsizeof(twin())
    assert gc.is_tracked(cls)
    assert copyreg._slotnames(cls) == copyreg._slotnames(twin)
    assert cls.__init_subclass__() is None
    assert [each[:2] for each in inspect.classify_class_attrs(cls)] == [
        each[:2] for each in inspect.classify_class_attrs(twin)
    ]
    assert str(inspect.signature(cls)) == str(inspect.signature(twin))


def test_members_are_descriptors_of_the_class(loaded, typed):
    cls, twin = loaded.Outer, typed.Outer
    member = vars(cls)["zulu"]
    for attribute in ("__name__", "__qualname__", "__doc__"):
        assert getattr(member, attribute) == getattr(vars(twin)["zulu"], attribute)
    assert type(member) is types.MemberDescriptorType and member.__objclass__ is cls
    assert repr(member) == repr(vars(twin)["zulu"]) == "<member 'zulu' of 'Outer' objects>"
    outer = cls(zulu=5)
    assert member.__get__(outer) == 5 and member.__get__(None, cls) is member
    member.__set__(outer, 6)
    assert outer.zulu == 6
    member.__delete__(outer)
    with pytest.raises(AttributeError):
        outer.zulu  # noqa: B018
    with pytest.raises(TypeError):
        member.__get__(loaded.Inner())
    assert inspect.ismemberdescriptor(member) and inspect.isdatadescriptor(member)
    assert member.__reduce__() == (getattr, (cls, "zulu"))


def test_names_that_cannot_be_slots_are_fields_all_the_same(loaded):
    outer = loaded.Outer(oneway=True, read=1, thrift_spec_too=2)
    assert outer.oneway is True and outer.read == 1 and outer.thrift_spec_too == 2
    assert getattr(outer, "__hidden") is None
    members = {name for name, value in vars(loaded.Outer).items() if isinstance(value, types.MemberDescriptorType)}
    assert members == {"zulu", "alpha", "tags", "counts", "inner", "next", "thrift_spec_too"}
    assert list(outer.__dict__) == [spec[1] for spec in loaded.Outer.thrift_spec.values()]


def test_signature_and_help_are_the_fields(loaded):
    assert str(inspect.signature(loaded.Inner)) == "(n=None)"
    assert list(inspect.signature(loaded.Outer).parameters)[:3] == ["zulu", "alpha", "tags"]
    text = pydoc.plain(pydoc.render_doc(loaded.Outer))
    assert "class Outer(fastthrift.thrift.TPayload)" in text and "What it is." in text


def test_class_of_an_instance_may_become_one_of_type_and_back(loaded, typed):
    inner = loaded.Inner(n=3)
    inner.__class__ = typed.Inner
    assert inner.n == 3 and type(inner) is typed.Inner
    inner.__class__ = loaded.Inner
    assert inner == loaded.Inner(n=3)


def test_same_fields_in_another_order_may_take_each_others_place():
    module = parse_text("struct A { 1: i32 b, 2: i32 a, 3: i32 c } struct B { 1: i32 c, 2: i32 b, 3: i32 a }")
    value = module.A(a=1, b=2, c=3)
    value.__class__ = module.B
    assert (value.a, value.b, value.c) == (1, 2, 3)
    with pytest.raises(TypeError, match="object layout differs"):
        value.__class__ = parse_text("struct C { 1: i32 a, 2: i32 b }").C


def test_children_are_made_and_behave(loaded):
    seen = []

    class Child(loaded.Inner):
        __slots__ = ("more",)

        def __init_subclass__(cls, **keywords):
            seen.append((cls.__name__, keywords))

        def __len__(self):
            return 7

    class Grandchild(Child, loud=True):
        def __eq__(self, other):
            return True

    assert seen == [("Grandchild", {"loud": True})]
    child = Grandchild(n=4)
    child.more = 5
    assert (child.n, child.more, len(child), child == 8) == (4, 5, 7, True)
    assert Grandchild.__mro__ == (Grandchild, Child, loaded.Inner, TPayload, object)
    assert loaded.Inner.__subclasses__() == [Child]
    with pytest.raises(TypeError, match="unhashable"):
        hash(child)
    with pytest.raises(TypeError, match="lay-out conflict"):
        TPayloadMeta("Both", (loaded.Inner, loaded.Outer), {})


def test_special_methods_may_be_assigned_to_the_class_and_taken_back():
    cls = parse_text("struct Later { 1: i32 n }").Later
    value = cls(n=1)
    with pytest.raises(TypeError):
        len(value)
    cls.__len__ = lambda self: 9
    cls.__getattr__ = lambda self, name: name.upper()
    cls.__call__ = lambda self, x: x + self.n
    assert (len(value), value.missing, value(2)) == (9, "MISSING", 3)
    del cls.__len__, cls.__getattr__, cls.__call__
    assert not callable(value)
    with pytest.raises(AttributeError):
        value.missing  # noqa: B018
    cls.__init__ = lambda self: setattr(self, "n", 5)
    assert cls().n == 5


@pytest.mark.parametrize(
    ("name", "method", "use", "expected"),
    [
        ("__len__", lambda self: 3, len, 3),
        ("__getattr__", lambda self, name: name, lambda value: value.other, "other"),
        ("__call__", lambda self: self.n, lambda value: value(), 1),
        ("__setattr__", lambda self, name, value: vars(self).update(n=8), lambda value: (setattr(value, "n", 1), value.n)[1], 8),
        ("__eq__", lambda self, other: "equal", lambda value: value == 1, "equal"),
    ],
)  # fmt: skip
def test_what_users_change_in_the_base_reaches_classes_before_and_after(name, method, use, expected):
    # In a process of its own the whole package would be changed; here it is put back.
    before = parse_text("struct Before { 1: i32 n }").Before
    had = TPayload.__dict__.get(name)
    setattr(TPayload, name, method)
    try:
        after = parse_text("struct After { 1: i32 n }").After
        for cls in (before, after):
            assert use(cls(n=1)) == expected
    finally:
        if had is None:
            delattr(TPayload, name)
        else:
            setattr(TPayload, name, had)
    assert before(n=4).n == 4 and after(n=4).n == 4


def test_another_new_of_the_base_reaches_classes_before_and_after():
    # In a process of its own: CPython never quite takes a `__new__` back from the classes below.
    program = """
from fastthrift.parser.parser import parse_text
from fastthrift.thrift import TPayload
before = parse_text("struct Before { 1: i32 n }").Before
made = []
TPayload.__new__ = staticmethod(lambda cls, *a, **k: made.append(cls.__name__) or object.__new__(cls))
after = parse_text("struct After { 1: i32 n }").After
print([cls(n=2).n for cls in (before, after)], made)
"""
    done = run_program(program)
    assert (done.stdout, done.stderr) == ("[2, 2] ['Before', 'After']\n", "")


def test_init_subclass_of_the_base_is_asked_for_each_class():
    seen = []
    TPayload.__init_subclass__ = classmethod(lambda cls: seen.append(cls.__name__))
    try:
        parse_text("struct One { 1: i32 a } struct Two { 1: i32 a }")
    finally:
        del TPayload.__init_subclass__
    parse_text("struct Three { 1: i32 a }")
    assert seen == ["One", "Two"]


def test_exceptions_stay_ordinary_classes():
    module = parse_text("exception Broken { 1: string why } exception Other { 1: i32 n }")
    for cls, arguments in ((module.Broken, {"why": "x"}), (module.Other, {"n": 1})):
        assert cls.__mro__[1:3] == (TException, TPayload)
        assert vars(cls(**arguments)) == arguments
        assert not any(isinstance(value, types.MemberDescriptorType) for value in vars(cls).values())

    class Both(module.Broken, module.Other, OSError):
        pass

    assert isinstance(Both(), OSError)


def test_classes_die_with_their_module():
    def references():
        source = io.StringIO("struct Node { 1: Node next, 2: list<Leaf> leaves } struct Leaf { 1: i32 n }")
        module = parse_fp(source, "dying_thrift", enable_cache=False)
        value = module.Node(leaves=[module.Leaf(n=1)])
        value.next = value
        return [weakref.ref(module.Node), weakref.ref(module.Leaf), weakref.ref(value)]

    found = references()
    before = len(TPayload.__subclasses__())
    gc.collect()  # the module, and with it what the core knows of the classes
    gc.collect()
    assert [each() for each in found] == [None, None, None]
    assert len(TPayload.__subclasses__()) <= before - 2


def test_values_are_pickled_by_the_name_of_their_class(monkeypatch):
    module = fastthrift.parser.parse_text("struct Kept { 1: i32 n, 2: list<Kept> more }", "kept_thrift")
    monkeypatch.setitem(sys.modules, "kept_thrift", module)
    value = module.Kept(n=1, more=[module.Kept(n=2)])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert pickle.loads(pickle.dumps(module.Kept)) is module.Kept


def test_hundreds_of_fields_have_each_their_place():
    fields = "\n".join(f"{i}: i32 f{i * 7 % 300}" for i in range(1, 300))
    cls = parse_text("struct Wide {" + fields + "}").Wide
    value = cls(**{f"f{i}": i for i in range(1, 300)})
    assert all(getattr(value, f"f{i}") == i for i in range(1, 300))
    assert [spec[1] for spec in cls.thrift_spec.values()] == list(value.__dict__)
    value.f7 = "other"
    assert value.f6 == 6 and value.f8 == 8
