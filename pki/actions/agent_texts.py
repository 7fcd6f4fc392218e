"""What agents say of themselves, as it may be kept: printable on every page and terminal."""

from typing import Any

from pki.outside_json import with_texts
from pki.x509.names import printable


def one_line(text: str) -> str:
    """No control, format or bidirectional characters, and no line ends."""
    return text if text.isprintable() else printable(text)


def lines(text: str) -> str:
    """As `one_line`, but for a log: line ends and tabs stay."""
    text = text.replace("\r\n", "\n")
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "\n".join(
        "\t".join(one_line(part) for part in line.split("\t")) for line in text.split("\n")
    )


def kept_inventory(document: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = with_texts(document, one_line)
    return kept


def kept_result(document: dict[str, Any]) -> dict[str, Any]:
    """Of a task, which may hold a log anywhere."""
    kept: dict[str, Any] = with_texts(document, one_line, lines)
    return kept
