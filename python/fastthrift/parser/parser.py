"""Loads IDL files and what they include: which file, once for all, under which name. The parsing is native.

``parse`` opens the root; while there is an include that is neither known nor cached, it is opened on top. A file whose
includes are all there is compiled and built, and taken off. Only when the root is complete does anybody else see anything:
a file that cannot be loaded leaves nothing behind.
"""

from __future__ import annotations

import os
from _thread import RLock
from types import ModuleType

from .. import _core
from ..enums import maker
from ..thrift import TException as TException
from ..thrift import TPayload as TPayload
from ..thrift import TPayloadMeta as TPayloadMeta
from ..thrift import TType as TType
from ..thrift import gen_init as gen_init
from . import include, lexer, source
from .exc import ThriftGrammarError as ThriftGrammarError
from .exc import ThriftLexerError as ThriftLexerError
from .exc import ThriftModuleNameConflict, ThriftParserError
from .lexer import keywords as keywords
from .lexer import literals as literals
from .lexer import thrift_reserved_keywords as thrift_reserved_keywords
from .lexer import tokens as tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TextIO, Union

    Path = Union[str, os.PathLike[str]]

MAX_INCLUDE_DEPTH = 256
TEXT_MODULE = "idl"  # a module made from a string without a name

# (module name, real path) -> module; a root that was loaded without a name has a null character and its file's. A string
# has its text in place of the path. Modules with other enums than usual have their kind behind the name.
_thrift_cache: dict[tuple[str, str], ModuleType] = {}
_parse_lock = RLock()


class _Tree:
    """A module and everything that it includes, by module name and by real path."""

    def __init__(self) -> None:
        self.names: dict[str, ModuleType] = {}
        self.files: dict[str, ModuleType] = {}

    def add(self, other: _Tree) -> None:
        for name, module in other.names.items():
            self.names.setdefault(name, module)
        for file, module in other.files.items():
            self.files.setdefault(file, module)


class _OpenFile:
    """A file that has been parsed and waits for its includes."""

    def __init__(self, path: str | None, real: str, name: str, text: bytes, is_text: bool = False) -> None:
        self.path = path  # as it was found; None for a string
        self.real = real
        self.name = name  # of the module: derived, or as the caller wants it
        self.is_text = is_text  # from a string or a mapping: nothing that stays in the cache
        self.document = _core.parse_idl(text, path or "", lexer.reserved_words())
        self.pending = iter(self.document.includes)
        self.includes: list[ModuleType] = []
        self.tree = _Tree()

    def add(self, module: ModuleType) -> None:
        self.includes.append(module)
        self.tree.add(module.__thrift_tree__)

    def build(self, is_root: bool, enum_maker: Any) -> ModuleType:
        schema = _core.compile_idl(self.document, [each.__thrift_schema__ for each in self.includes])
        bare_name = self.name if is_root or self.path is None else include.basename(self.path)
        module = ModuleType(bare_name)
        module.__thrift_schema__ = schema  # type: ignore[attr-defined]
        module.__thrift_tree__ = self.tree  # type: ignore[attr-defined]
        schema.build(module, self.name, self.path, self.includes, enum_maker)
        if not is_root:
            module.__thrift_module_name__ = self.name  # type: ignore[attr-defined]
            self.tree.names[self.name] = module
        self.tree.files[self.real] = module
        return module


class CurrentIncompleteType(dict):  # type: ignore[type-arg]
    """Types that are named before their definition, of which none is left after a load: nothing is put into it."""


class ParseContext:
    """One load: the files that are open, outermost first, and the modules that it has made so far."""

    def __init__(
        self,
        include_dirs: Iterable[str] = (".",),
        texts: Mapping[str, str | bytes] | None = None,
        enable_cache: bool = True,
        is_named: bool = False,
        enums: Any = None,
    ) -> None:
        self.enum_maker = maker(enums)
        self.kind = "" if enums is None else f"\0{enums.__name__}"
        self.is_named = is_named  # the caller gave the root's module a name
        self.thrift_stack: list[_OpenFile] = []
        self.include_dirs = list(include_dirs)
        self.texts = texts or {}
        self.enable_cache = enable_cache
        self.known = _Tree()
        self.made: dict[tuple[str, str], ModuleType] = {}

    def load(self, root: _OpenFile) -> ModuleType:
        """The module of a root, which is put into the cache together with its includes."""
        self.thrift_stack.append(root)
        while True:
            file = self.thrift_stack[-1]
            wanted = next(file.pending, None)
            if wanted is not None:
                self._include(file, *wanted)
                continue
            module = file.build(file is root, self.enum_maker)
            self.thrift_stack.pop()
            if file is root:
                break
            self.known.add(file.tree)
            if not file.is_text:
                self.made[file.name + self.kind, file.real] = module
            self.thrift_stack[-1].add(module)
        if self.enable_cache:
            _thrift_cache.update(self.made)
        return module

    def _include(self, parent: _OpenFile, path: str, line: int, column: int) -> None:
        try:
            name, real, found, text = self._find(parent, path)
            self._check(name, real, found)
        except ThriftParserError as error:
            error.filename, error.lineno, error.column = parent.path, line, column
            raise
        module = self.known.files.get(real)
        if module is None and self.enable_cache and text is None:
            module = _thrift_cache.get((name + self.kind, real))
            if module is not None:
                self.known.add(module.__thrift_tree__)
        if module is not None:
            # One file is one module within a load, whichever way it is included; it answers to all its names.
            parent.add(module)
            if parent.tree.names.setdefault(name, module) is module and text is None:
                self.made[name + self.kind, real] = module
            return
        if text is None:
            self.thrift_stack.append(_OpenFile(found, real, name, _read(found, "utf-8")))
        else:
            self.thrift_stack.append(_OpenFile(found, real, name, source.text_to_utf8(text, found), is_text=True))

    def _check(self, name: str, real: str, found: str) -> None:
        if any(each.real == real for each in self.thrift_stack):
            raise ThriftParserError(f"Dead including on {found}")
        if len(self.thrift_stack) >= MAX_INCLUDE_DEPTH:
            raise ThriftParserError(f"More than {MAX_INCLUDE_DEPTH} files include each other, the last one is {found}")
        root = self.thrift_stack[0]
        named = {each.name: each.path for each in self.thrift_stack if each is not root or self.is_named}
        known = self.known.names.get(name)
        if known is not None and self.known.files.get(real) is not known:
            named[name] = known.__thrift_file__
        if name in named:
            raise ThriftModuleNameConflict(f'Module name conflict between "{named[name]}" and "{found}"')

    def _find(self, parent: _OpenFile, path: str) -> tuple[str, str, str, str | bytes | None]:
        """The module name, real path and path of an include; the text, if it comes from the mapping."""
        parent_path = source.local_path(parent.path) if parent.path else ""
        folder = os.path.dirname(parent_path)
        if parent.is_text:
            for each in (os.path.normpath(os.path.join(folder, path)).replace(os.sep, "/"), path):
                if each in self.texts and each.endswith(include.EXTENSION):
                    return include.module_name(each, parent_path, parent.name), "\0" + each, each, self.texts[each]
        found = include.search(path, None if parent.is_text else folder, self.include_dirs)
        return include.module_name(found, parent_path, parent.name), os.path.realpath(found), found, None


def _read(path: str, encoding: str) -> bytes:
    return source.read(path, encoding, open)  # programs assign `parser.open`


def _check_module_name(name: str | None) -> None:
    if name is None or not name.endswith(include.SUFFIX):
        raise ThriftParserError("thriftpy2 can only generate module with '_thrift' suffix")


def include_folders(include_dirs: Any, include_dir: Path | None = None) -> list[str]:
    """The caller's directories as strings; one may stand without a list."""
    if include_dirs is None:
        folders = ["."]
    elif isinstance(include_dirs, (str, os.PathLike)):
        folders = [os.fspath(include_dirs)]
    else:
        folders = [os.fspath(each) for each in include_dirs]
    if include_dir is not None:
        folders.append(os.fspath(include_dir))
    return folders


def parse(
    path: Path,
    module_name: str | None = None,
    include_dirs: Iterable[Path] | None = None,
    include_dir: Path | None = None,
    lexer: object = None,
    parser: object = None,
    enable_cache: bool = True,
    encoding: str = "utf-8",
    *,
    enums: Any = None,
) -> ModuleType:
    """The module of a file, from the cache if it was loaded under this name before. ``lexer`` and ``parser`` have no
    meaning here. Nothing is put into ``sys.modules``: that is ``load``."""
    path = os.fspath(path)
    if module_name is not None:
        _check_module_name(module_name)
    if not path.endswith(include.EXTENSION):
        raise ThriftParserError("Path should end with .thrift")
    context = ParseContext(
        include_folders(include_dirs, include_dir), None, enable_cache, is_named=module_name is not None, enums=enums
    )
    real = os.path.realpath(source.local_path(path))
    # A link of another name is another module: its name says so.
    key = ((module_name or "\0" + include.basename(path)) + context.kind, path if source.is_url(path) else real)
    with _parse_lock:
        if enable_cache and key in _thrift_cache:
            return _thrift_cache[key]
        name = module_name or include.basename(path)
        module = context.load(_OpenFile(path, real, name, _read(path, encoding)))
        if enable_cache:
            _thrift_cache[key] = module
        return module


def parse_fp(
    source: TextIO,
    module_name: str,
    lexer: object = None,
    parser: object = None,
    enable_cache: bool = True,
    *,
    enums: Any = None,
) -> ModuleType:
    """The module of what ``source.read()`` gives; includes are refused, there is no place to look for them."""
    _check_module_name(module_name)
    if not hasattr(source, "read"):
        raise ThriftParserError("Expected `source` to be a file-like object with a method named 'read'")
    return _parse_text(
        source.read(),
        module_name,
        ParseContext(enable_cache=enable_cache, is_named=True, enums=enums),
        allow_includes=False,
    )


def parse_text(
    text: str | bytes,
    module_name: str | None = None,
    includes: Mapping[str, str | bytes] | None = None,
    include_dirs: Iterable[Path] | None = None,
    *,
    enums: Any = None,
) -> ModuleType:
    """The module of a string. Includes come from ``includes`` (path as written -> text) or from the directories; files
    of the disk are searched only where directories are given."""
    if module_name is not None:
        _check_module_name(module_name)
    folders = [] if include_dirs is None else include_folders(include_dirs)
    return _parse_text(
        text,
        module_name,
        ParseContext(folders, includes, is_named=module_name is not None, enums=enums),
        allow_includes=True,
    )


def _parse_text(text: str | bytes, module_name: str | None, context: ParseContext, allow_includes: bool) -> ModuleType:
    data = source.text_to_utf8(text, None)
    key = ((module_name or "") + context.kind, "\0" + data.decode("utf-8", "surrogateescape"))
    use_cache = context.enable_cache and not allow_includes
    with _parse_lock:
        if use_cache and key in _thrift_cache:
            return _thrift_cache[key]
        root = _OpenFile(None, "\0", module_name or TEXT_MODULE, data, is_text=True)
        if root.document.includes and not allow_includes:
            raise ThriftParserError("Unexpected include statement while loading from file like object.")
        module = context.load(root)
        if use_cache:
            _thrift_cache[key] = module
        return module


def register(module: ModuleType, module_name: str) -> None:
    """Puts a module and all its includes into ``sys.modules``, or none of them when a name is another file's."""
    import sys

    names = module.__thrift_tree__.names
    with _parse_lock:
        for name, included in names.items():
            there = getattr(sys.modules.get(name), "__thrift_file__", None)
            if there is not None and os.path.realpath(there) != os.path.realpath(included.__thrift_file__):
                raise ThriftModuleNameConflict(
                    f'Module name conflict between "{there}" and "{included.__thrift_file__}"'
                )
        for name, each in [*names.items(), (module_name, module)]:
            sys.modules[name] = each
            package, _, own = name.rpartition(".")
            if package in sys.modules and not hasattr(sys.modules[package], own):
                setattr(sys.modules[package], own, each)  # as an import statement does
