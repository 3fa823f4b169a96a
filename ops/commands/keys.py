"""`moorage keys`: the keys that sign tokens."""

from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout

app = typer.Typer(no_args_is_help=True, help="Rotate the keys that sign tokens.")


@app.command()
@one_line_errors
def rotate(
    sessions: Annotated[
        bool,
        typer.Option(
            help="also rotate the key of API sessions; auth signs with it from its next start"
        ),
    ] = False,
) -> None:
    """Sign registry tokens with new keys from now on. Tokens that older keys signed stay valid.

    Example: moorage keys rotate
    """
    from ops.secrets.rotate import rotate_session_keys, rotate_token_keys

    layout = current_layout()
    rotate_token_keys(layout)
    if sessions:
        rotate_session_keys(layout)
    typer.echo(
        "The services sign registry tokens with new keys within seconds."
        + (" Auth signs sessions with a new key from its next start." if sessions else "")
    )
