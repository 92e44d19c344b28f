"""Processors that tell somebody of each call, for gunicorn's ``--max-requests``."""

from __future__ import annotations

from typing import Any, Callable

from fastthrift.processor import TProcessor, TProcessorFactory


def counted(processor: Any, count: Callable[[], None]) -> Any:
    if type(processor) is TProcessor:
        # It stays one that the core's engine serves.
        handler = _CountedHandler(processor._handler, count)
        return TProcessor(processor._service, handler, answer_undeclared=processor.answer_undeclared)
    if isinstance(processor, TProcessorFactory):
        return _CountedFactory(processor, count)
    return _Counted(processor, count)


class _CountedHandler:
    def __init__(self, handler: Any, count: Callable[[], None]) -> None:
        self._handler = handler
        self._count = count

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._handler, name)

        def call(*args: Any) -> Any:
            try:
                return method(*args)
            finally:
                self._count()

        return call


class _CountedFactory(TProcessorFactory):
    def __init__(self, factory: TProcessorFactory, count: Callable[[], None]) -> None:
        self._factory = factory
        self._count = count

    def get_processor(self) -> Any:
        return counted(self._factory.get_processor(), self._count)


class _Counted:
    def __init__(self, processor: Any, count: Callable[[], None]) -> None:
        self._processor = processor
        self._count = count

    def process(self, iprot: Any, oprot: Any) -> None:
        self._processor.process(iprot, oprot)
        self._count()
