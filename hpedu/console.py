"""How the command line speaks: click groups and commands whose help and errors are Vietnamese or English.

Texts stand in `messages.toml`; what hpedu or click raises ends here as one message without traceback.
"""

from __future__ import annotations

import errno
import os
import re
from typing import Any

import click

from hpedu.errors import HpeduError, UnknownName
from hpedu.messages import choose_language, has_message, note, say

_HEADINGS = re.compile(r"^(Usage|Options|Commands):", re.MULTILINE)


def spoken(context: click.Context | None = None) -> str:
    """The language of the command that runs: `hpedu --language`, else `hpedu.messages.choose_language`."""
    context = context or click.get_current_context(silent=True)
    chosen = context.find_root().params.get("language") if context else None
    return chosen or choose_language(os.environ)


def tell(key: str, *, err: bool = False, **values: object) -> None:
    """Print a text of `messages.toml` in the language of the command."""
    click.echo(say(key, spoken(), **values), err=err)


class _Speaking(click.Command):
    """Help in the language spoken: texts `help_COMMAND` and `help_COMMAND_OPTION`, where there are any."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click does not always say in which command
            raise

    def get_help(self, ctx: click.Context) -> str:
        language = spoken(ctx)
        _translate(self, ctx, language)
        text = super().get_help(ctx)
        return _HEADINGS.sub(lambda match: say(f"heading_{match[1].lower()}", language), text)


class SpokenCommand(_Speaking):
    """A command of `hpedu`."""


class SpokenGroup(_Speaking, click.Group):
    """The `hpedu` command itself. An error is told in words; exit status 1, or 2 for what was typed wrongly."""

    command_class = SpokenCommand

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*args, **more)
        except click.UsageError as error:
            raise _retell(error) from error
        except HpeduError as error:
            raise _told(error, spoken()) from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _retell(error) from error
        except HpeduError as error:
            raise _told(error, spoken(ctx)) from error
        except OSError as error:
            raise Told(describe_os_error(error, spoken(ctx)), spoken(ctx), 1) from error


class Told(click.ClickException):
    """An error in the words of the language spoken, for click to print."""

    def __init__(self, text: str, language: str, status: int) -> None:
        super().__init__(text)
        self.language = language
        self.exit_code = status  # type: ignore[misc]

    def show(self, file: Any = None) -> None:
        click.echo(say("error", self.language, text=self.message), file=file, err=file is None)


def _told(error: HpeduError, language: str) -> Told:
    return Told(error.say(language), language, error.status)


def describe_os_error(error: OSError, language: str) -> str:
    """Which file, and what the system has against it."""
    key = f"system_{errno.errorcode.get(error.errno or 0, '')}"
    reason = note(key) if has_message(key) else note("system_other", text=error.strerror or repr(error))
    if error.filename is None:
        return reason.say(language)
    return say("file_refused", language, file=os.fsdecode(error.filename), reason=reason)


def _retell(error: click.UsageError) -> click.ClickException:
    """What was typed wrongly, as click found it, in the language spoken. The help for an empty line stays."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error
    language = spoken(error.ctx)
    text = _describe_usage(error, language)
    command = error.ctx.command_path if error.ctx else "hpedu"
    return Told(f"{text}\n{say('try_help', language, command=command)}", language, error.exit_code)


def _describe_usage(error: click.UsageError, language: str) -> str:
    if isinstance(error, click.exceptions.NoSuchCommand):
        group = error.ctx.command if error.ctx else None
        known = list(group.commands) if isinstance(group, click.Group) else []
        return UnknownName("command", error.command_name, known).say(language)
    if isinstance(error, click.NoSuchOption):
        return UnknownName("option", error.option_name, _list_options(error.ctx)).say(language)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        key = "usage_missing_option" if isinstance(error.param, click.Option) else "usage_missing_argument"
        return say(key, language, name=_name(error.param))
    if isinstance(error, click.BadOptionUsage):
        takes_none = "does not take" in error.message
        return say("usage_no_value" if takes_none else "usage_needs_value", language, name=error.option_name)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return say("usage_bad_value", language, name=_name(error.param), text=_wanted(error))
    extra = re.match(r"Got unexpected extra arguments? \((.*)\)$", error.message)
    if extra:
        return say("usage_extra", language, words=extra[1])
    return say("usage_other", language, text=error.format_message())


def _wanted(error: click.BadParameter) -> object:
    """What the parameter takes."""
    kind = error.param.type if error.param else None
    if isinstance(kind, click.IntRange):
        return note("usage_whole_number_from", least=kind.min)
    if isinstance(kind, click.Choice):
        return note("usage_one_of", choices=list(kind.choices))
    if isinstance(kind, click.Path) and "does not exist" in error.message:
        return note("usage_no_file")
    if isinstance(kind, click.Path) and not kind.dir_okay:
        return note("usage_is_folder")
    if isinstance(kind, click.Path) and not kind.file_okay:
        return note("usage_is_file")
    return note("usage_whole_number") if kind is click.INT else error.message


def _list_options(ctx: click.Context | None) -> list[str]:
    params = ctx.command.get_params(ctx) if ctx else []
    return [name for param in params if isinstance(param, click.Option) for name in param.opts]


def _name(param: click.Parameter) -> str:
    return param.opts[-1] if isinstance(param, click.Option) else (param.name or "").upper()


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
    return say(key, language) if has_message(key) else otherwise
