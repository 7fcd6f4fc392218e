"""Exactly one JSON document on standard output, however long."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import CommandParser, OutputWrapper


def add_json_option(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def write_document(stdout: OutputWrapper, value: Mapping[str, Any]) -> None:
    stdout.write(json.dumps(value, indent=2, ensure_ascii=False))


def write_list(stdout: OutputWrapper, values: Iterable[Mapping[str, Any]]) -> None:
    """A list written as it is read, a line an item: it may have a hundred thousand."""
    separator = "["
    for value in values:
        stdout.write(f"{separator}\n{json.dumps(value, ensure_ascii=False)}", ending="")
        separator = ","
    stdout.write("[]" if separator == "[" else "\n]")
