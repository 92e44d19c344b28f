"""Classes: made by hand, by metaclass call, derived, mixed and changed afterwards."""

from __future__ import annotations

import abc
import gc

import pytest

from .both import assert_same, ours, person, struct, theirs

T = ours.TType


def in_both(body):
    """`body(library)` with thriftpy2.thrift and with fastthrift.thrift gives the same."""
    results = []
    for library in (theirs, ours):
        try:
            results.append(body(library))
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}")
    assert results[1] == results[0]
    return results[1]


def test_a_class_statement_makes_a_class_like_any_other():
    def body(library):
        class Item(library.TPayload):
            """What it is."""

            thrift_spec = {1: (T.I32, "a", False), 2: (T.LIST, "p", (T.STRING), False)}
            default_spec = [("a", None), ("p", None)]
            limit = 5

            def double(self):
                return self.a * 2

            @property
            def half(self):
                return self.a / 2

            @classmethod
            def of(cls, a):
                return cls(a)

            @staticmethod
            def none():
                return None

        it = Item.of(4)
        return (
            Item.__base__ is library.TPayload,
            type(Item) is library.TPayloadMeta,
            Item.__mro__[1:] == (library.TPayload, object),
            Item.__name__,
            Item.__qualname__.split(".")[-1],
            Item.__module__,
            Item.__doc__,
            hasattr(Item, "default_spec"),
            Item.thrift_spec,
            it.double(),
            it.half,
            Item.limit,
            it.none(),
            isinstance(it, library.TPayload),
            issubclass(Item, library.TPayload),
            repr(it),
        )

    in_both(body)


def test_default_spec_is_taken_from_the_body_and_init_made_of_it():
    def body(library):
        class Item(library.TPayload):
            thrift_spec = {1: (8, "a", False)}
            default_spec = [("a", 3)]

            def __init__(self):
                raise AssertionError("default_spec wins")

        return repr(Item()), "default_spec" in vars(Item)

    in_both(body)


def test_init_written_by_hand_is_used_where_there_is_no_default_spec():
    def body(library):
        class Item(library.TPayload):
            thrift_spec = {1: (8, "a", False), 2: (8, "b", False)}

            def __init__(self, b):
                self.b = b

        return repr(Item(1)), hasattr(Item(1), "a"), Item(1) == Item(1), Item(1) == Item(2), vars(Item(3))

    in_both(body)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {1: (T.LIST, "a", (T.I32, False), False)},
        {1: (T.STRING, "a"), 2: (T.I32, "b")},
        {-1: (T.STRING, "a", True)},
        {1: (T.I32, "a", object, False)},
        {1: ()},
        {1: (8,)},
        {1: None},
        {1: (8, 5, False)},
        5,
        None,
        [(8, "a", False)],
    ],
)
def test_odd_specs_make_classes(spec):
    def body(library):
        cls = library.TPayloadMeta("Odd", (library.TPayload,), {"thrift_spec": spec})
        it = cls()
        it.a = 1
        return repr(it), cls.thrift_spec == spec

    in_both(body)


def test_spec_may_be_changed_after_the_class_statement():
    def call(cls):
        cls.thrift_spec[7] = (T.STRUCT, "me", cls, False)
        it = cls(1)
        it.me = cls(2)
        return (
            repr(it),
            it == cls(1),
            vars(it).keys() == {"id", "name", "tags", "me"},
            it.thrift_spec is cls.thrift_spec,
        )

    assert_same(person(), call)


def test_children_may_add_fields():
    def call(cls):
        class Child(cls):
            thrift_spec = {**cls.thrift_spec, 9: (T.I32, "z", False)}
            default_spec = [("id", 1), ("name", "n"), ("tags", None), ("z", 4)]

        class Grandchild(Child):
            thrift_spec = {**Child.thrift_spec, 10: (T.I32, "y", False)}

        it = Grandchild(z=5)
        it.y = 6
        return repr(Child()), repr(it), Child() == Child(), Child(z=1) == Child(), cls.thrift_spec.keys(), vars(it)

    assert_same(person(), call)


def test_children_behave():
    def call(cls):
        class Child(cls):
            extra = 5

            def __setattr__(self, name, value):
                super().__setattr__(name, f"<{value}>")

        class Silent(cls):
            def __setattr__(self, name, value):
                object.__setattr__(self, name, value)

            def __delattr__(self, name):
                object.__delattr__(self, name)

            def __getattribute__(self, name):
                return object.__getattribute__(self, name)

        silent = Silent(1)
        del silent.id
        return repr(Child(1)), repr(silent), Child(1) == Child(1), repr(Child(name="x").extra)

    assert_same(person(), call)


def test_object_setattr_works_below_an_overridden_setattr():
    class Mixin:
        def __setattr__(self, name, value):
            object.__setattr__(self, name, value)

        def __delattr__(self, name):
            object.__delattr__(self, name)

    def call(cls):
        middle = type("Middle", (cls,), {"__slots__": ()})
        middle(1).id = 2
        it = type("Mixed", (Mixin, middle), {})(1)
        it.id, it.extra = 2, 3
        del it.tags, it.extra
        above = middle(5), cls(6)
        for each in above:
            each.id += 1
            each.extra = [each]
            del each.tags
        return repr(it), [each.id for each in above], [list(vars(each)) for each in above]

    assert_same(person(), call)


def test_attributes_can_be_set_by_dunder_name():
    def call(cls):
        it = cls(1)
        it.__setattr__("name", "set")
        cls.__setattr__(it, "extra", 3)
        type(it).__base__.__setattr__(it, "id", 4)
        it.__delattr__("tags")
        cls.__delattr__(it, "extra")
        return repr(it), [repr(each) for each in (it.__setattr__("a", 1), vars(it))]

    assert_same(person(), call)
    assert_same(person(), lambda cls: cls.__setattr__(cls(1), 5, 6))
    for arguments in ((), (1,), (1, 2, 3)):
        with pytest.raises(TypeError):
            person().ours().__setattr__(*arguments)
    with pytest.raises(TypeError):
        ours.TPayload.__setattr__(5, "a", 1)


def test_delattr_alone_may_be_overridden():
    def call(cls):
        seen = []

        class Child(cls):
            def __delattr__(self, name):
                seen.append(name)
                super().__delattr__(name)

        it = Child(1)
        it.extra = 2
        it.id = 3
        del it.extra, it.id
        return seen, repr(it)

    assert_same(person(), call)


def test_setattr_assigned_to_the_class_is_used_from_then_on():
    pair = struct("Watched", [(1, (T.I32, "a", False), None)])

    def call(cls):
        cls(1)
        seen = []

        def watch(self, name, value):
            seen.append(name)
            object.__setattr__(self, name, value)

        cls.__setattr__ = watch
        cls(2).a = 3
        del cls.__setattr__
        it = cls(4)
        it.a = 5
        return seen, repr(it)

    assert_same(pair, call)


def test_mixins_stand_before_and_behind():
    class Named:
        shown = True

        def title(self):
            return str(self.name).title()

    class Slotted:
        __slots__ = ()

        def loud(self):
            return str(self.name).upper()

    def call(cls):
        class One(Named, cls):
            pass

        class Other(cls, Slotted, Named):
            pass

        one, other = One(1, "ann"), Other(name="bob")
        one.more = 1
        return (
            one.title(),
            other.title(),
            other.loud(),
            repr(one),
            repr(other),
            vars(one),
            vars(other),
            One(1) == One(1),
        )

    assert_same(person(), call)


def test_abstract_mixins_need_their_metaclass():
    for library, cls in ((theirs, person().theirs), (ours, person().ours)):

        class Meta(library.TPayloadMeta, abc.ABCMeta):
            pass

        class Base(cls, metaclass=Meta):
            @abc.abstractmethod
            def must(self):
                """Abstract."""

        class Done(Base):
            def must(self):
                return self.id

        with pytest.raises(TypeError, match="abstract"):
            Base()
        assert Done(5).must() == 5


def test_a_metaclass_may_make_another_class_on_the_way():
    def body(library):
        inner = []

        class Other(type):
            def __new__(cls, name, bases, namespace):
                if not inner:
                    inner.append(None)
                    spec = {1: (T.I32, "a", False)}
                    inner[0] = library.TPayloadMeta(
                        "Inner", (library.TPayload,), {"thrift_spec": spec, "default_spec": [("a", 0)]}
                    )
                return super().__new__(cls, name, bases, namespace)

        class Meta(library.TPayloadMeta, Other):
            pass

        class Outer(library.TPayload, metaclass=Meta):
            thrift_spec = {1: (T.I32, "x", False), 2: (T.I32, "y", False)}
            default_spec = [("x", 1), ("y", 2)]

        return [(repr(cls(7)), vars(cls(7)), cls(7) == cls(8)) for cls in (inner[0], Outer)]

    assert in_both(body)[1] == ("Outer(x=7, y=2)", {"x": 7, "y": 2}, False)


def test_a_class_that_is_not_made_leaves_nothing_to_the_next():
    def body(library):
        class Refusing:
            def __get__(self, instance, owner):
                raise ValueError("not now")

        class Other(type):
            __new__ = Refusing()

        class Meta(library.TPayloadMeta, Other):
            pass

        fields = {"thrift_spec": {1: (T.I32, "x", False)}, "default_spec": [("x", 1)]}
        with pytest.raises(ValueError, match="not now"):
            library.TPayloadMeta.__new__(Meta, "Refused", (library.TPayload,), fields)
        after = type.__new__(library.TPayloadMeta, "After", (library.TPayload,), {})
        return repr(after()), vars(after())

    assert in_both(body) == ("After()", {})


def test_generic_children():
    from typing import Generic, TypeVar

    Value = TypeVar("Value")

    def call(cls):
        class Box(cls, Generic[Value]):
            pass

        return repr(Box(1)), repr(Box[int](2)), Box(1) == Box(1)

    assert_same(person(), call)


def test_metaclasses_of_users_get_their_turn():
    def body(library):
        made = []

        class Meta(library.TPayloadMeta):
            def __new__(mcs, name, bases, namespace, **options):
                made.append((name, options))
                return super().__new__(mcs, name, bases, {**namespace, "tag": name})

            def __init__(cls, name, bases, namespace, **options):
                super().__init__(name, bases, namespace)

        class Item(library.TPayload, metaclass=Meta, option=1):
            thrift_spec = {1: (8, "a", False)}
            default_spec = [("a", 3)]

        class Child(Item):
            pass

        by_call = library.TPayloadMeta("ByCall", (Item,), {})
        return made, repr(Item()), Child.tag, type(by_call) is Meta, repr(by_call(2))

    in_both(body)


def test_init_subclass_and_set_name_run_and_may_make_instances():
    def call(cls):
        seen = []

        class Descriptor:
            def __set_name__(self, owner, name):
                seen.append((owner.__name__, name, repr(owner(1))))

        class Registered(cls):
            def __init_subclass__(cls):
                super().__init_subclass__()
                seen.append((cls.__name__, repr(cls(2)), repr(vars(cls(3)))))

        class Child(Registered):
            described = Descriptor()
            thrift_spec = {1: (8, "id", False), 2: (8, "fresh", False)}
            default_spec = [("id", 1), ("fresh", 2)]

        return seen, repr(Child(3)), vars(Child(4))

    assert_same(person(), call)


def test_user_slots_and_annotations_in_the_body():
    def body(library):
        class Item(library.TPayload):
            __slots__ = ("own",)
            a: int
            thrift_spec = {1: (8, "a", False)}
            default_spec = [("a", 3)]

        it = Item(1)
        it.own, it.extra = 2, 3
        return repr(it), it.own, Item.__slots__, vars(it), Item.__annotations__ == {"a": "int"}

    in_both(body)


def test_fields_are_not_listed_as_slots():
    for cls in person():
        assert "__slots__" not in vars(cls)


def test_two_structs_with_fields_cannot_be_mixed():
    one, other = person().ours, struct("Other", [(1, (T.I32, "a", False), None)]).ours
    with pytest.raises(TypeError, match="lay-out"):
        type("Both", (one, other), {})
    empty = struct("Empty", []).ours
    assert repr(type("Both", (one, empty), {})(1)) == "Both(id=1, name='nobody', tags=None)"


def test_class_of_an_instance_may_change_to_a_child_and_back():
    def call(cls):
        child = type("Child", (cls,), {"double": lambda self: self.id * 2})
        it = cls(4)
        it.__class__ = child
        doubled = it.double(), repr(it)
        it.__class__ = cls
        return doubled, repr(it)

    assert_same(person(), call)


def test_a_struct_without_a_class_of_its_own_takes_anything():
    def body(library):
        it = library.TPayload()
        it.a, it.b = 1, [it]
        same = library.TPayload()
        same.a = 1
        return repr(library.TPayload()), library.TPayload() == library.TPayload(), it == same, vars(same)

    in_both(body)
    in_both(lambda library: library.TPayload(1))


def test_a_metaclass_without_the_base_makes_plain_classes():
    def body(library):
        cls = library.TPayloadMeta("Plain", (), {"default_spec": [("a", 1)]})
        return vars(cls()), vars(cls(2)), cls.__mro__[1:]

    in_both(body)


@pytest.mark.parametrize("arguments", [(), ("X",), ("X", ()), ("X", (), 5), (5, (), {}), ("X", 5, {}), ("X", (5,), {})])
def test_bad_arguments_of_the_metaclass_are_type_errors(arguments):
    with pytest.raises(TypeError):
        ours.TPayloadMeta(*arguments)


def test_classes_made_past_the_metaclass_are_plain_but_whole():
    for cls in person():
        meta = type(cls)
        derived = type("Meta", (meta,), {})
        for kind in (meta, derived):
            child = type.__new__(kind, "Child", (cls,), {"thrift_spec": {1: (8, "id", False), 2: (8, "new", False)}})
            it = child(5)
            it.new = [it]
            assert (it.id, it == child(5), repr(child(1))) == (5, False, "Child(id=1, name='nobody', tags=None)")
            assert vars(child(1)) == {"id": 1, "name": "nobody", "tags": None}
            del it
    gc.collect()


def test_read_and_write_call_the_protocol():
    class Protocol:
        def read_struct(self, it):
            it.id = 5
            return it

        def write_struct(self, it):
            self.written = repr(it)

    def call(cls):
        it, protocol = cls(1), Protocol()
        return it.write(protocol), protocol.written, it.read(protocol), it.id

    assert_same(person(), call)
    for cls in person():
        with pytest.raises(AttributeError, match="read_struct"):
            cls().read(object())


def test_many_classes_come_and_go():
    for number in range(300):
        cls = struct("Passing", [(i, (T.I32, f"f{i}", False), i) for i in range(1, number % 20 + 1)]).ours
        assert len(vars(cls())) == number % 20
    gc.collect()
