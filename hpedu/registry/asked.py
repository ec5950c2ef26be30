"""Check what is asked for, by the parameters of a notebook, by the command or by a call of the library.

A parameter is checked by its type. Types that know the registry stand here: `Territory`, `Group`, `Year` ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from numbers import Integral
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from hpedu.errors import HpeduError, Problem, WrongParameters, check_name, check_year, name_refusal
from hpedu.registry.load import load_registry
from hpedu.texts import LANGUAGES, current_language

P = ParamSpec("P")
R = TypeVar("R")


def _take_whole(value: Any) -> Any:
    """Take the whole numbers of pandas and numpy for those of Python."""
    return int(value) if isinstance(value, Integral) and not isinstance(value, bool) else value


Year = Annotated[int, BeforeValidator(_take_whole), AfterValidator(check_year)]
Group = Annotated[str, AfterValidator(lambda name: check_name("group", name, load_registry().groups))]
Territory = Annotated[
    str, AfterValidator(lambda name: check_name("territory", name, load_registry().reported_territories()))
]
Tongue = Annotated[str, AfterValidator(lambda name: check_name("language", name, LANGUAGES))]
Scenario = Literal["low", "middle", "high"]


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function be called only with what its types allow: all that is wrong is told at once, in a line.

    Raises
    ------
    WrongParameters
        In the language asked for, else in that of the newest report.
    """
    adapters: dict[str, TypeAdapter[Any]] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        called = signature(function, eval_str=True)
        if not adapters:
            adapters.update(_adapt(called))
        given = called.bind(*args, **kwargs)
        wrong = []
        for name in given.arguments.keys() & adapters.keys():
            try:
                given.arguments[name] = adapters[name].validate_python(given.arguments[name], strict=True)
            except ValidationError as error:
                wrong.append((name, _describe(name, error)))
        if wrong:
            language = given.arguments.get("language")
            order = list(given.arguments)
            raise WrongParameters(
                [problem for _, problem in sorted(wrong, key=lambda one: order.index(one[0]))],
                language if language in LANGUAGES else current_language(),
            )
        return function(*given.args, **given.kwargs)

    return call


def _adapt(called: Signature) -> dict[str, TypeAdapter[Any]]:
    config = ConfigDict(arbitrary_types_allowed=True)
    return {
        name: TypeAdapter(parameter.annotation, config=config)
        for name, parameter in called.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.annotation is not parameter.empty
    }


def _describe(name: str, error: ValidationError) -> Problem:
    """Say what is wrong with a parameter; of a choice of types, the first says it."""
    first = error.errors()[0]
    refusal = name_refusal({**first})
    # What hpedu itself refuses says what it was.
    return Problem("", name, refusal, "" if isinstance(refusal, HpeduError) else repr(first["input"])[:80])
