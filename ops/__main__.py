"""`python -m ops` runs the `moorage` command, without a script whose path can be too long."""

from ops.cli import app

app(prog_name="moorage")
