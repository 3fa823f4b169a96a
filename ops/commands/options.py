"""The options that several commands have."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="print one JSON object, for scripts")]
