"""Let the command speak Vietnamese or English: click groups and commands, their help and their errors.

Texts are in `texts/command.toml`, what click says of the words typed in `click.toml`; what hpedu or click raises
ends here as one message without traceback.
"""

from __future__ import annotations

import errno
import gettext
import os
import re
import select
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from hpedu.decoding import read_toml
from hpedu.errors import HpeduError, check_ending, check_language, check_year, mistyped
from hpedu.texts import Language, Sayable, choose_language, has_text, message, say


def spoken(context: click.Context | None = None) -> Language:
    """Return the language of the command that runs: `hpedu --language`, else that of the machine."""
    context = context or click.get_current_context(silent=True)
    chosen = context.find_root().params.get("language") if context else None
    return check_language(chosen) if chosen else choose_language(os.environ)


def tell(key: str, *, err: bool = False, **values: object) -> None:
    """Print a text of `texts/command.toml` in the language of the command."""
    click.echo(say(key, spoken(), **values), err=err)


class FileToWrite(click.Path):
    """A file that is written: its name ends as what comes into it."""

    def __init__(self, ending: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.ending = ending

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return check_ending(Path(os.fsdecode(super().convert(value, param, ctx))), self.ending)


class SchoolYear(click.types.IntParamType):
    """The year in which a school year starts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return check_year(super().convert(value, param, ctx))


def ask_field(name: str, otherwise: str, wrong: Sayable | None) -> str:
    """Ask for a field of an entry on the terminal; an empty line takes what is offered."""
    if wrong is not None:
        click.echo(wrong.say(spoken()), err=True)
    offered = f" [{otherwise}]" if otherwise else ""
    click.echo(f"{say(f'entry_{name}', spoken())}{offered}: ", nl=False, err=True)
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line


STREAMS = {"stdin": "</dev/null", "stdout": ">log.txt", "stderr": "2>log.txt"}


def check_streams() -> None:
    """End the command, with a sentence where one can be printed, if a standard stream is closed."""
    for name, redirect in STREAMS.items():
        if getattr(sys, name) is None:
            if sys.stderr or sys.stdout:
                text = say("stream_closed", spoken(), name=name, redirect=redirect)
                click.echo(text, err=sys.stderr is not None)
            sys.exit(1)


class Catalogue(gettext.NullTranslations):
    """A table of the sentences of click in another language. What is not in it stays English."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__()
        self._sentences = sentences

    def gettext(self, message: str) -> str:
        return self._sentences.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the one form Vietnamese has; English keeps its two."""
        return self._sentences.get(msgid1) or super().ngettext(msgid1, msgid2, n)


@cache
def read_catalogue(language: str) -> gettext.NullTranslations:
    """Read what click says in a language: English is its own, Vietnamese is in `click.toml`."""
    if language == "en":
        return gettext.NullTranslations()
    return Catalogue(read_toml(__file__, "click.toml"))


def teach_click() -> None:
    """Let click look its sentences up in the catalogue of the language spoken.

    Each of its modules imports the two functions of `gettext` by name, and those ask for a compiled catalogue in
    the language of the environment. Here the language may come from `--language`, and is Vietnamese where the
    environment says none; so the two names are bound anew, in click's modules only. A module without them is left
    as it is, and speaks English.
    """
    own = {
        gettext.gettext: lambda message: read_catalogue(spoken()).gettext(message),
        gettext.ngettext: lambda one, many, n: read_catalogue(spoken()).ngettext(one, many, n),
    }
    for name, module in list(sys.modules.items()):
        if name.startswith("click."):
            for used in ("_", "ngettext"):
                function = vars(module).get(used)
                if function in own:
                    setattr(module, used, own[function])


teach_click()


class SpokenCommand(click.Command):
    """A command in the language chosen: its help texts are `help_COMMAND` and `help_COMMAND_OPTION`, if any."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _telling_errors(ctx):
            return super().parse_args(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        _translate(self, ctx, spoken(ctx))
        return super().get_help(ctx)


class SpokenGroup(SpokenCommand, click.Group):
    """The `hpedu` command itself. An error is reported in words; exit status 1, or 2 for what was mistyped."""

    command_class = SpokenCommand

    def invoke(self, ctx: click.Context) -> Any:
        with _telling_errors(ctx):
            return super().invoke(ctx)


class SpokenError(click.ClickException):
    """An error in the words of the language spoken, for click to print."""

    def __init__(self, text: str, language: str, status: int) -> None:
        super().__init__(text)
        self.language = language
        self.exit_code = status  # type: ignore[misc]

    def show(self, file: Any = None) -> None:
        click.echo(say("error", self.language, text=self.message), file=file, err=file is None)


@contextmanager
def _telling_errors(ctx: click.Context) -> Iterator[None]:
    """Turn whatever goes wrong inside into one message. The help that answers an empty line stays as it is."""
    language = spoken(ctx)
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        # Click does not always say in which command it was.
        command = (error.ctx or ctx).command_path
        told = re.sub(r"(?<!\w)'([^']*)'(?!\w)", r"“\1”", error.format_message())
        text = f"{told}\n{say('try_help', language, command=command)}"
        raise SpokenError(text, language, error.exit_code) from error
    except HpeduError as error:
        raise SpokenError(error.say(language), language, error.status) from error
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _has_read_enough():
            # What is still in a buffer goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        raise SpokenError(describe_os_error(error, language), language, 1) from error


def _has_read_enough() -> bool:
    """Return whether nobody reads what this command prints any more, as after `| head`."""
    if sys.platform == "win32":
        return True
    line = select.poll()
    line.register(sys.stdout, 0)
    return bool(line.poll(0))


def describe_failure(error: Exception, language: str) -> str:
    """Say what kept a file from being read."""
    if isinstance(error, HpeduError):
        return error.say(language)
    return (
        describe_os_error(error, language)
        if isinstance(error, OSError)
        else say("is_damaged", language, error=error)
    )


def describe_os_error(error: OSError, language: str) -> str:
    """Say which file, and what the system has against it."""
    key = f"system_{errno.errorcode.get(error.errno or 0, '')}"
    reason = message(key) if has_text(key) else message("system_other", text=error.strerror or repr(error))
    if error.filename is None:
        return reason.say(language)
    return say("file_refused", language, file=os.fsdecode(error.filename), reason=reason)


def _translate(command: click.Command, ctx: click.Context, language: str) -> None:
    """Put the texts of a language into a command, its options, and its commands."""
    name = "commands" if isinstance(command, click.Group) else (command.name or "")
    command.help = _help_text(f"help_{name}", language, command.help)
    for param in command.get_params(ctx):
        if isinstance(param, click.Option):
            everywhere = {"--help", "--version"} & set(param.opts)
            own = f"{name}_{param.name}" if not everywhere else everywhere.pop().removeprefix("--")
            param.help = _help_text(f"help_{own}", language, param.help)
    if isinstance(command, click.Group):
        for one in command.commands.values():
            one.help = _help_text(f"help_{one.name}", language, one.help)


def _help_text(key: str, language: str, otherwise: str | None) -> str | None:
    return say(key, language) if has_text(key) else otherwise


def refuse_together(one: str, *others: str) -> None:
    """Refuse an option of the command that runs together with any of the others."""
    context = click.get_current_context()
    typed = ParameterSource.COMMANDLINE
    params = [
        one for one in context.command.params if one.name and context.get_parameter_source(one.name) is typed
    ]
    given = {name for param in params for name in param.opts}
    for other in others:
        if {one, other} <= given:
            raise mistyped("not_together", one=one, other=other)
