"""Public suffixes: domains under which anybody can register, so that nobody owns all of one."""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


@cache
def suffix_list() -> PublicSuffixList:
    """The list that the package carries; reading it takes a tenth of a second."""
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=4096)
def is_public_suffix(name: str) -> bool:
    """Whether ``name``, canonical, stands on the list; a private top-level name such as ``corp``
    does not.
    """
    return suffix_list().is_public(name)


def registrable_domain(name: str) -> str:
    """The domain somebody registered that ``name`` lies in; empty where there is none."""
    return suffix_list().privatesuffix(name, accept_unknown=True) or ""
