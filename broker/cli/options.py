"""Command line options derived from structs: a field's type checks its value, its description is the help.

Flags beat the environment, the environment beats the TOML file, and the file beats the default.
"""

import functools
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import click
from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from broker.cli.tables import Tables
from broker.settings import Settings, SettingsError, checked

ENV_PREFIX = "BOOKS_RELAYER_"

S = TypeVar("S", bound=Struct)
Command = Callable[..., int]


def checker(annotation: Any) -> Callable[[Any], object]:
    """Make a click type that checks a value, which is text unless it comes from the TOML file.

    Args:
        annotation: such as `Annotated[int, Meta(ge=1)]`.
    """

    def check(value: Any) -> object:
        try:
            return convert(value, annotation, strict=False)
        except ValidationError as error:
            message = f"{value!r} does not fit {type_name(annotation)}: {error}"
            raise click.BadParameter(message) from error

    return check


def type_name(annotation: Any) -> str:
    """Name a type as `--help` shows it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin is Literal:
        return "|".join(map(str, arguments))
    if origin in (Union, UnionType):
        return "|".join(type_name(one) for one in arguments if one is not NoneType)
    return {int: "INTEGER", float: "NUMBER", str: "TEXT"}[annotation]


def variable(name: str) -> str:
    """Name the environment variable of a field."""
    return ENV_PREFIX + name.upper()


def with_settings(*names: str) -> Callable[[Command], Command]:
    """Give a command these of the service's settings, all if none is named, as `settings`."""

    def settings(values: dict[str, Any]) -> Settings:
        return checked(values)

    chosen = names or Settings.__struct_fields__
    return _with(fields(Settings), chosen, "settings", settings)


def with_options(struct: type[S]) -> Callable[[Command], Command]:
    """Give a command its own options as `options`, an object of that struct."""

    def options(values: dict[str, Any]) -> S:
        return struct(**values)

    return _with(fields(struct), struct.__struct_fields__, "options", options)


def with_config(command: Command) -> Command:
    """Give a command `--config FILE`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar=variable("config"),
        show_envvar=True,
        is_eager=True,
        expose_value=False,
        callback=_load,
        help="TOML file of settings; a command's own options stand in its table, such as [replay].",
    )(command)


def read_config(path: Path) -> dict[str, Any]:
    """Read a TOML file and check all of it.

    Raises:
        SettingsError: if it can't be read, or something in it is unknown or mistyped.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
        tables = Tables.__struct_fields__
        convert({key: value for key, value in content.items() if key in tables}, Tables)
        convert({key: value for key, value in content.items() if key not in tables}, Settings)
    except (OSError, ValueError) as error:
        raise SettingsError(f"can't use the settings in {path}: {error}") from error
    return content


def check_environment(group: click.Group, environment: Collection[str]) -> None:
    """See that each of our variables is known to some command.

    Raises:
        SettingsError: if one isn't.
    """
    ours = {name for name in environment if name.startswith(ENV_PREFIX)}
    if unknown := sorted(ours - _variables(group)):
        raise SettingsError(f"unknown in the environment: {', '.join(unknown)}")


def _variables(command: click.Command) -> set[str]:
    own = {param.envvar for param in command.params if isinstance(param.envvar, str)}
    if isinstance(command, click.Group):
        return own.union(*map(_variables, command.commands.values()))
    return own


def _load(context: click.Context, _param: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    content = read_config(path)
    table: dict[str, Any] = content
    for name in _path(context):
        table = table.get(name, {})
    context.default_map = {**content, **table}


def _path(context: click.Context) -> list[str]:
    """Name the commands down to this one, without the program itself."""
    if context.parent is None:
        return []
    return [*_path(context.parent), context.info_name or ""]


def _with(
    infos: Collection[FieldInfo],
    names: Collection[str],
    argument: str,
    build: Callable[[dict[str, Any]], Struct],
) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def call(**values: Any) -> int:
            built = build({name: values.pop(name) for name in names})
            return command(**values, **{argument: built})

        decorated: Command = call
        for info in reversed([info for info in infos if info.name in names]):
            decorated = _option(info)(decorated)
        return decorated

    return decorate


def _option(info: FieldInfo) -> Callable[[Command], Command]:
    flag = "--" + info.name.replace("_", "-")
    default = info.default if info.default is not NODEFAULT else info.default_factory()
    switch = isinstance(default, bool)
    return click.option(
        f"{flag}/--no-{flag[2:]}" if switch else flag,
        info.name,
        type=None if switch else checker(info.type),
        metavar=None if switch else type_name(info.type),
        default=default,
        show_default=default not in ("", None, False),
        envvar=variable(info.name),
        show_envvar=True,
        shell_complete=_completing(info.type),
        help=next((meta.description for meta in get_args(info.type) if isinstance(meta, Meta)), None),
    )


def _completing(annotation: Any) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    def complete(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
        return [word for word in words(annotation) if word.startswith(begun)]

    return complete


def words(annotation: Any) -> list[str]:
    """Name the values of a type that is a choice of words, or partly one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return [str(word) for word in arguments]
    if origin is Annotated:
        return words(arguments[0])
    return [word for one in arguments for word in words(one)] if origin in (Union, UnionType) else []
