"""The reference agent of a workstation: the standard library and `cryptography`, no more."""

VERSION = "1.0"
