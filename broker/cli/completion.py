"""`books-relayer completion`: what a shell needs to complete this command line."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM_NAME = "books-relayer"
VARIABLE = "_BOOKS_RELAYER_COMPLETE"
"""With it, click answers the shell instead of running the command: of its own making from the program's name."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script with which a shell completes commands, options and their values.

    Such as, for one session of bash: source <(books-relayer completion bash)
    """
    source = get_completion_class(shell)
    assert source
    click.echo(source(context.find_root().command, {}, PROGRAM_NAME, VARIABLE).source())
    return 0
