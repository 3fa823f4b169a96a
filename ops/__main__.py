"""`python -m ops`: the same as the `moorage` command, whatever the length of its path."""

from ops.cli import app

app(prog_name="moorage")
