"""The command line, `books-relayer`: one module a command."""

import os
import sys
from typing import Any, NoReturn

import click

from broker.cli import completion, enroll, keys, publish, replay, serve, status, watch
from broker.cli.options import check_environment
from broker.curve import CurveKeysError
from broker.keys import KeyNotFoundError, KeyStoreError
from broker.private import UMASK, OpenToOthersError
from broker.producer import BrokerUnreachableError
from broker.recordings import RecordingError
from broker.settings import SettingsError
from broker.view import FrameError

FAILED = 1
WRONG_USAGE = 2
FAULTS = (
    BrokerUnreachableError,
    CurveKeysError,
    FrameError,
    KeyNotFoundError,
    KeyStoreError,
    OpenToOthersError,
    RecordingError,
    status.StatusError,
    watch.WatchError,
)
"""What can go wrong without being a bug; each message is one sentence for people."""


class Program(click.Group):
    """The root command: tells every expected fault in one sentence, and exits with its code."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command line and exit; see `click.Command.main`."""
        extra["standalone_mode"] = False
        try:
            code: int = super().main(*args, **extra)
        except click.ClickException as error:
            code = _fault(error.format_message(), error.exit_code)
        except click.Abort:
            code = _fault("interrupted", FAILED)
        except SettingsError as error:
            code = _fault(str(error), WRONG_USAGE)
        except FAULTS as error:
            code = _fault(str(error), FAILED)
        sys.exit(code)


def _fault(sentence: str, code: int) -> int:
    click.echo(f"books-relayer: {sentence}", err=True)
    return code


@click.group(cls=Program, no_args_is_help=False)
@click.version_option(package_name="books-relayer", message="%(package)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Relays live sports scores and sportsbook prices to WebSocket subscribers.

    Each option is also a variable, BOOKS_RELAYER_ and its name, and a key of the TOML file that --config names.
    Flags beat variables, variables beat the file. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
    """
    assert isinstance(context.command, click.Group)
    check_environment(context.command, os.environ)


for command in (
    serve.serve,
    status.status,
    watch.watch,
    publish.publish,
    replay.replay,
    keys.keys,
    enroll.enroll,
    completion.completion,
):
    program.add_command(command)


def main() -> NoReturn:
    """Run the command line of this process, which makes files for this user alone, as do the processes it starts."""
    os.umask(UMASK)
    program.main()
