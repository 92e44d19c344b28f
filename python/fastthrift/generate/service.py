"""A service's module: ``Iface``, the classes of arguments and results, ``Client`` and ``Processor``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from .model import Field, Function, Service
from .module_text import ModuleText
from .names import escaped, field_name, method_name
from .options import Generation
from .package import Package
from .structs import Structs
from .text import call, docstring, quoted
from .ttypes import add_fix_spec
from .types import Types

CLASSES = ("Iface", "Client", "Processor")


def service_text(service: Service, package: Package, generation: Generation) -> str:
    return _ServiceModule(service, package, generation).text()


class _ServiceModule:
    def __init__(self, service: Service, package: Package, generation: Generation) -> None:
        self._service = service
        self._functions = service.functions
        fields = [each for f in self._functions for each in [*f.arguments, *f.throws]]
        methods = {method_name(f.name) for f in self._functions}
        hidden = {*CLASSES, *(name for f in self._functions for name in (f"{f.name}_args", f"{f.name}_result"))}
        members = methods | {f"{kind}_{f.name}" for f in self._functions for kind in ("send", "recv", "process")}
        members |= {field_name(each) for each in fields} | {"success"}
        own = self._type_names = package.class_names()
        self._hidden = hidden
        self._module = ModuleText(generation, service.doc, hidden | members | own, members)
        self._types = Types(self._module, package, is_ttypes=False, hidden=frozenset(hidden))
        self._parent = (
            self._types.module_of(service.parent.program, escaped(service.parent.name)) if service.parent else ""
        )
        self._methods = methods

    def text(self) -> str:
        module = self._module
        module.import_types(self._type_names, self._hidden)
        self._add_iface()
        structs = Structs(module, self._types)
        names = []
        for function in self._functions:
            structs.add_plain_class(f"{function.name}_args", function.arguments)
            names.append(f"{function.name}_args")
            if not function.is_oneway:
                structs.add_plain_class(f"{function.name}_result", result_fields(function))
                names.append(f"{function.name}_result")
        if names:
            module.add("")
            for function in self._functions:
                structs.add_spec(f"{function.name}_args", function.arguments)
                if not function.is_oneway:
                    structs.add_spec(f"{function.name}_result", result_fields(function))
            module.add("")
            add_fix_spec(module, names)
        self._add_client()
        self._add_processor()
        return module.text()

    # ---- Iface

    def _add_iface(self) -> None:
        self._module.add("", "", f"class Iface({self._parent}.Iface):" if self._parent else "class Iface:")
        doc = docstring(self._service.doc, 1)
        self._module.add(*doc)
        for function in self._functions:
            self._module.add("", *self._signature(function, method_name(function.name)))
            described = self._described(function)
            body = [] if function.result is None else ["        raise NotImplementedError"]
            self._module.add(*described, *(body or ([] if described else ["        pass"])))
        if not self._functions and not doc:
            self._module.add("    pass")

    def _described(self, function: Function) -> list[str]:
        arguments = ((field_name(each), each.doc) for each in function.arguments)
        return docstring(function.doc, 2, ("Parameters", arguments))

    def _signature(self, function: Function, name: str, result: Optional[str] = None) -> list[str]:
        parameters = [
            f"{parameter}: {self._types.annotation(each.type)}"
            for parameter, each in zip(self._parameters(function), function.arguments)
        ]
        return call(f"def {name}(", ["self", *parameters], f") -> {result or self._result(function)}:", 1)

    def _result(self, function: Function) -> str:
        return "None" if function.result is None else self._types.annotation(function.result)

    @staticmethod
    def _parameters(function: Function) -> list[str]:
        """A parameter may not hide the classes that the method uses."""
        used = (f"{function.name}_args", f"{function.name}_result")
        return [name + "_" if name in used else name for name in map(field_name, function.arguments)]

    # ---- Client

    def _add_client(self) -> None:
        base = f"{self._parent}.Client" if self._parent else self._module.runtime("TService", "TServiceClient")
        self._module.add("", "", f"class Client({base}, Iface):")
        self._module.add(*(docstring(self._service.doc, 1) or ([] if self._functions else ["    pass"])))
        for function in self._functions:
            self._add_call(function)
            self._add_send(function)
            self._add_recv(function)

    def _add_call(self, function: Function) -> None:
        self._module.add("", *self._signature(function, method_name(function.name)), *self._described(function))
        made = f"{function.name}_args({', '.join(self._parameters(function))})"
        name = quoted(function.name)
        if function.is_oneway:
            self._module.add(f"        self._call_oneway({name}, {made})")
            return
        called = f"self._call({name}, {made}, {function.name}_result)"
        self._add_returned(function, called)

    def _add_returned(self, function: Function, called: str) -> None:
        if function.result is None:
            self._module.add(f"        {called}")
            return
        local = _free("success", self._parameters(function))
        self._module.add(f"        {local}: {self._result(function)} = {called}", f"        return {local}")

    def _add_send(self, function: Function) -> None:
        if f"send_{function.name}" in self._methods:
            return
        made = f"{function.name}_args({', '.join(self._parameters(function))})"
        kind = f", {self._module.runtime('Thrift', 'TMessageType')}.ONEWAY" if function.is_oneway else ""
        self._module.add("", *self._signature(function, f"send_{function.name}", "None"))
        self._module.add(f"        self._send({quoted(function.name)}, {made}{kind})")

    def _add_recv(self, function: Function) -> None:
        if function.is_oneway or f"recv_{function.name}" in self._methods:
            return
        self._module.add("", f"    def recv_{function.name}(self) -> {self._result(function)}:")
        called = f"self._recv({quoted(function.name)}, {function.name}_result)"
        if function.result is None:
            self._module.add(f"        {called}")
        else:
            self._module.add(f"        success: {self._result(function)} = {called}", "        return success")

    # ---- Processor

    def _add_processor(self) -> None:
        module = self._module
        base = f"{self._parent}.Processor" if self._parent else module.runtime("TService", "TServiceProcessor")
        methods = f"{module.use('typing', 'ClassVar')}[{module.runtime('TService', 'ServiceMethods')}]"
        # The runtime's methods go before the service's: the handler is what has those.
        clashes = any(f.name in ("process", "on_message_begin") for f in self._service.all_functions())
        ignore = "  # type: ignore[misc]" if clashes else ""
        module.add("", "", f"class Processor({base}, Iface):{ignore}", f"    _methods: {methods} = {{")
        if self._parent:
            module.add(f"        **{self._parent}.Processor._methods,")
        for f in self._functions:
            result = "None" if f.is_oneway else f"{f.name}_result"
            module.add(f"        {quoted(f.name)}: ({quoted(method_name(f.name))}, {f.name}_args, {result}),")
        module.add("    }", "", "    def __init__(self, handler: Iface) -> None:", "        super().__init__(handler)")
        for f in self._functions:
            module.add(f"        self._processMap[{quoted(f.name)}] = Processor.process_{f.name}")
        protocol = module.runtime("protocol.TProtocol", "TProtocolBase")
        parameters = ["self", f"seqid: {module.builtin('int')}", f"iprot: {protocol}", f"oprot: {protocol}"]
        for f in self._functions:
            module.add("", *call(f"def process_{f.name}(", parameters, ") -> None:", 1))
            module.add(f"        self._process({quoted(f.name)}, seqid, iprot, oprot)")


def result_fields(function: Function) -> list[Field]:
    """The result has id 0, the exceptions their own."""
    fields = list(function.throws)
    if function.result is not None:
        fields.insert(0, Field(0, "success", function.result, "default", None, "", {}, (0, 0)))
    return fields


def _free(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    while name in names:
        name += "_"
    return name
