"""docs/settings.md."""

from ops.docs.settings_page import PAGE, page
from ops.settings import variables


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `moorage docs`"


def test_the_page_has_every_setting_with_a_meaning() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    for name in variables().values():
        assert any(row.startswith(f"| `{name}` |") for row in rows)
    assert not [row for row in rows if row.rstrip(" |").endswith("None")]
