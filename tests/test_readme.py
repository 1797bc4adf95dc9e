"""The README's tables say what the code says."""

from pathlib import Path

from msgspec import inspect

from broker.closing import ALL
from broker.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text()

SHOWN_DEFAULTS = {
    "workers": "one a core",
    "data_dir": "`$STATE_DIRECTORY`, else `.books-relayer`",
    "runtime_dir": "`$RUNTIME_DIRECTORY`, else `.books-relayer`",
    "ingest_keys": "none",
}
"""Defaults that depend on the machine."""


def closing_table() -> str:
    rows = [f"| {each.code} | {each.reason} | {each.reconnect.value} |" for each in ALL]
    return "\n".join(["| code | reason | reconnect? |", "|---|---|---|", *rows])


def settings_table() -> str:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    kind = inspect.type_info(Settings)
    assert isinstance(kind, inspect.StructType)
    for field in kind.fields:
        assert isinstance(field.type, inspect.Metadata)
        assert field.type.extra_json_schema
        # An empty one means none, or is told by the description.
        default = SHOWN_DEFAULTS.get(field.name, f"`{field.default}`" if field.default != "" else "")
        flag = "--" + field.name.replace("_", "-")
        rows.append(f"| `{flag}` | {default} | {field.type.extra_json_schema['description']} |")
    return "\n".join(rows)


def test_the_close_codes_are_those_of_the_code() -> None:
    assert closing_table() in README


def test_the_settings_are_those_of_the_code() -> None:
    assert settings_table() in README
