"""Check what is asked for, by the parameters of a notebook, by the command or by a call of the library.

A parameter is checked by its type. Types that know the registry stand here: `Territory`, `Group`, `Year` ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from numbers import Integral
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, ValidationError, validate_call

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
    run = validate_call(config=ConfigDict(strict=True, arbitrary_types_allowed=True))(function)
    names = list(signature(function).parameters)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        except ValidationError as error:
            wrong: dict[str, Problem] = {}
            for refusal in error.errors():
                at = refusal["loc"][0]
                name = names[at] if isinstance(at, int) else str(at)
                said = name_refusal({**refusal})
                # What hpedu itself refuses says what it was. Of a choice of types, the first speaks.
                found = "" if isinstance(said, HpeduError) else repr(refusal["input"])[:80]
                wrong.setdefault(name, Problem("", name, said, found))
            language = kwargs.get("language")
            spoken = language if language in LANGUAGES else current_language()
            raise WrongParameters(list(wrong.values()), str(spoken)) from error

    return call
