"""Names in certificates: what people type, checked and turned into RFC 5280's forms."""

import ipaddress
import re
from collections.abc import Callable, Iterable

import idna
from cryptography import x509

from pki.errors import InvalidInput

#: RFC 1035, section 2.3.4, without the dot of the root.
DNS_NAME_LIMIT = 253
LABEL_LIMIT = 63
#: ub-common-name, RFC 5280, appendix A.1.
COMMON_NAME_LIMIT = 64
#: Enough for a farm behind one name, and few enough that every TLS client takes the certificate.
ALTERNATIVE_NAME_LIMIT = 100

#: Words a refusal from its reason and its code.
Refuse = Callable[[str, str], InvalidInput]

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
ADDRESS_LIKE = re.compile(r"[0-9A-Fa-f:.\[\]]+")
#: A common name that means a host, as opposed to words for people.
DNS_LIKE = re.compile(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


def dns_name(text: str, *, field: str = "fqdn") -> str:
    """A DNS name as certificates hold it: lower case, A-labels (RFC 5890), no final dot.

    ``*.domain`` is allowed with at least two labels after the star. Raises InvalidInput
    with a code ``name.…`` that says what is wrong.
    """
    name = text.strip()
    shown = printable(name if len(name) <= 60 else name[:60] + "…")

    def refuse(reason: str, code: str) -> InvalidInput:
        return InvalidInput(f"“{shown}” {reason}", code=f"name.{code}", field=field)

    if not name:
        raise InvalidInput(
            "Enter the server's full DNS name, such as cm1.example.com.",
            code="name.empty",
            field=field,
        )
    if any(character.isspace() for character in name):
        raise refuse(
            "has a space in it, which no DNS name has. Enter one name, such as cm1.example.com.",
            "space",
        )
    if is_ip_address(name):
        raise refuse(
            "is an IP address, and a DNS name is needed here. Enter the server's DNS name; the "
            "address goes into the additional names.",
            "ip_address",
        )
    if name.endswith("."):
        raise refuse("ends with a dot. Enter it without the dot.", "trailing_dot")
    wildcard = name.startswith("*.")
    rest = name[2:] if wildcard else name
    if "*" in rest or (wildcard and "." not in rest):
        raise refuse(
            "is not a wildcard that clients accept: the star stands alone at the beginning and "
            "two labels at least follow it. Enter it as *.example.com.",
            "wildcard",
        )
    ascii_name = rest.lower() if rest.isascii() else to_a_labels(rest, refuse)
    ascii_name = f"*.{ascii_name}" if wildcard else ascii_name
    if len(ascii_name) > DNS_NAME_LIMIT:
        raise refuse(
            f"has {len(ascii_name)} characters; a DNS name has {DNS_NAME_LIMIT} at most. Enter a "
            "shorter one.",
            "too_long",
        )
    check_labels(ascii_name.removeprefix("*."), refuse)
    return ascii_name


def printable(text: str) -> str:
    """For a sentence that goes to a page or a terminal: no control characters or surrogates."""
    return "".join(character if character.isprintable() else "�" for character in text)


def to_a_labels(text: str, refuse: Refuse) -> str:
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        if len(text) > DNS_NAME_LIMIT:
            raise refuse(
                f"has {len(text)} characters; a DNS name has {DNS_NAME_LIMIT} at most. Enter a "
                "shorter one.",
                "too_long",
            ) from None
        raise refuse(
            f"cannot be written as an internationalised DNS name ({printable(str(error))}). Check "
            "its letters.",
            "idna",
        ) from None


def check_labels(name: str, refuse: Refuse) -> None:
    for label in name.split("."):
        if not label:
            raise refuse(
                "has two dots in a row or begins with one. Enter it as cm1.example.com.",
                "empty_label",
            )
        if len(label) > LABEL_LIMIT:
            raise refuse(
                f"has a part of {len(label)} characters between dots; {LABEL_LIMIT} is the most. "
                "Enter a shorter one.",
                "label_too_long",
            )
        if "_" in label:
            raise refuse(
                "has an underscore, which host names and certificates do not allow. Use a "
                "hyphen, or give the server an alias without it.",
                "underscore",
            )
        if not LABEL.fullmatch(label):
            raise refuse(
                "has characters that no host name has. Letters, digits and, inside a part, "
                "hyphens are allowed.",
                "character",
            )
        if label[2:4] == "--" and label.startswith("xn"):
            check_a_label(label, refuse)
    if name.rpartition(".")[2].isdigit():
        raise refuse(
            "ends with a number, so clients read it as an IP address. Enter a DNS name.", "digits"
        )


def check_a_label(label: str, refuse: Refuse) -> None:
    try:
        idna.decode(label)
    except idna.IDNAError:
        raise refuse(
            f"has the part “{label}”, which does not decode to any name. Enter the name in its "
            "own letters.",
            "idna",
        ) from None


def alternative_name(text: str, *, field: str = "additional_names") -> str:
    """A DNS name or an IP address, in its canonical form. Raises InvalidInput ``name.…``."""
    stripped = text.strip()
    if is_ip_address(stripped):
        return str(ipaddress.ip_address(stripped.strip("[]")))
    return dns_name(stripped, field=field)


def alternative_names(texts: Iterable[str], *, field: str = "additional_names") -> list[str]:
    """Each once, in the order given."""
    names = list(dict.fromkeys(alternative_name(text, field=field) for text in texts))
    if len(names) > ALTERNATIVE_NAME_LIMIT:
        raise InvalidInput(
            f"These are {len(names)} names; a certificate here takes {ALTERNATIVE_NAME_LIMIT} at "
            "most. Divide them between several servers.",
            code="name.too_many",
            field=field,
        )
    return names


def is_ip_address(text: str) -> bool:
    """Without a zone (``%eth0``), which means something on one machine only."""
    if not ADDRESS_LIKE.fullmatch(text):
        return False  # As nearly all names; parsing them as addresses takes ten times as long.
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def general_name(text: str) -> x509.GeneralName:
    """A checked name as RFC 5280, section 4.2.1.6, encodes it."""
    if is_ip_address(text):
        return x509.IPAddress(ipaddress.ip_address(text))
    return x509.DNSName(text)


def display(name: x509.GeneralName) -> str:
    """A name of a certificate as text: bare for DNS names and addresses, else with its kind."""
    match name:
        case x509.DNSName():
            return name.value
        case x509.IPAddress():
            return str(name.value)
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"URI:{name.value}"
        case x509.DirectoryName():
            return f"directory:{name.value.rfc4514_string()}"
        case x509.OtherName():
            return f"other:{name.type_id.dotted_string}"
        case _:
            return str(name.value)


def unicode_name(name: str) -> str:
    """The name in its own letters, for people; itself where that is not possible."""
    star, rest = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    try:
        return star + idna.decode(rest)
    except idna.IDNAError:
        return name


def common_name(text: str, *, field: str = "common_name") -> str:
    """A common name: printable, 1 to 64 bytes. Raises InvalidInput ``name.common_name``.

    RFC 5280 counts characters; the library that encodes certificates counts bytes of UTF-8.
    """
    name = text.strip()
    size = len(name.encode(errors="replace"))
    if not name or size > COMMON_NAME_LIMIT or not name.isprintable():
        raise InvalidInput(
            f"A common name has printable characters only, and 1 to {COMMON_NAME_LIMIT} bytes in "
            f"UTF-8, where a letter outside ASCII takes two or more; this one has {size}. Enter a "
            "shorter or plainer one.",
            code="name.common_name",
            field=field,
        )
    return name


def server_name(text: str, *, field: str = "fqdn") -> str:
    """A server's DNS name, which is also its common name and so has 64 characters at most."""
    name = dns_name(text, field=field)
    if len(name) > COMMON_NAME_LIMIT:
        raise InvalidInput(
            f"“{name[:60]}…” has {len(name)} characters. It is also the certificate's common "
            f"name, which takes {COMMON_NAME_LIMIT} at most (RFC 5280). Give the server a shorter "
            "alias, and put the long name into the additional names.",
            code="name.too_long_for_common_name",
            field=field,
        )
    return name


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate's DNS name, possibly a wildcard, stands for ``name`` (RFC 6125)."""
    pattern, name = pattern.lower(), name.lower()
    if pattern == name:
        return True
    _, dot, parent = name.partition(".")
    return bool(dot) and not name.startswith("*.") and pattern == f"*.{parent}"
