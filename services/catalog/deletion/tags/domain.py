"""The deletion of a tag."""

from libs.common.web.errors import Unavailable


class WritesPaused(Unavailable):
    """Garbage collection pauses writes, and this registry deletes a tag by writing a manifest."""

    code, title = "writes_paused", "Garbage collection pauses all writes; try again in a moment"
