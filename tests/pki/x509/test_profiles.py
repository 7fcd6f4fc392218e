"""Each kind of certificate allows the keys and lifetimes that its clients accept."""

from datetime import timedelta

import pytest

from pki.x509 import profiles
from pki.x509.keys import KeySpec
from pki.x509.profiles import ISSUING, OCSP_RESPONDER, PROFILES, ROOT, SERVER, WORKSTATION, Profile
from tests.pki.x509.refusals import refused

EVERY = sorted(PROFILES.values(), key=lambda profile: profile.name)


@pytest.mark.parametrize("profile", EVERY, ids=lambda profile: profile.name)
def test_what_a_profile_does_by_itself_is_within_its_limits(profile: Profile) -> None:
    profile.check_key(profile.default_key)
    profile.check_lifetime(profile.lifetime)
    assert profiles.by_name(profile.name) is profile


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        (ROOT, "rsa-2048"), (ROOT, "rsa-8192"), (ROOT, "ec-p256"), (ROOT, "ec-p384"),
        (ISSUING, "rsa-4096"), (ISSUING, "ec-p384"),
        (SERVER, "rsa-2048"), (SERVER, "rsa-3072"), (SERVER, "rsa-4096"), (SERVER, "ec-p256"),
        (WORKSTATION, "rsa-2048"), (WORKSTATION, "ec-p256"), (WORKSTATION, "ed25519"),
        (OCSP_RESPONDER, "ec-p256"), (OCSP_RESPONDER, "rsa-2048"),
    ],
)  # fmt: skip
def test_a_key_that_clients_accept_is_allowed(profile: Profile, key: str) -> None:
    profile.check_key(KeySpec.parse(key))


@pytest.mark.parametrize("allow_weak", [False, True])
@pytest.mark.parametrize(
    ("profile", "key", "code", "words"),
    [
        (SERVER, "rsa-512", "too_small", ["512", "2048 to 4096"]),
        (SERVER, "rsa-1023", "too_small", ["1023", "2048 to 4096"]),
        (SERVER, "rsa-0", "too_small", ["2048 to 4096"]),
        (ROOT, "rsa-512", "too_small", ["512", "2048 to 8192"]),
        (SERVER, "rsa-4104", "too_large", ["4104", "2048 to 4096"]),
        (SERVER, "rsa-999999999", "too_large", ["2048 to 4096"]),
        (ROOT, "rsa-8200", "too_large", ["8200", "2048 to 8192"]),
        (SERVER, "rsa-2049", "odd_size", ["2049", "multiple of 8"]),
        (SERVER, "ed25519", "not_for_profile", ["Ed25519", "RSA or EC P-256 or P-384"]),
        (ROOT, "ed25519", "not_for_profile", ["Ed25519", "RSA or EC P-256 or P-384"]),
    ],
)
def test_a_key_out_of_range_is_refused_with_the_range(
    profile: Profile, key: str, code: str, words: list[str], allow_weak: bool
) -> None:
    with refused(f"key.{code}", "key", *words):
        profile.check_key(KeySpec.parse(key), allow_weak=allow_weak)


@pytest.mark.parametrize("bits", [1024, 1536, 2040])
@pytest.mark.parametrize("profile", [ROOT, SERVER], ids=lambda profile: profile.name)
def test_a_weak_key_is_made_only_for_someone_who_insists(profile: Profile, bits: int) -> None:
    spec = KeySpec("rsa", bits=bits)
    with refused("key.too_small", "key", str(bits), "too weak"):
        profile.check_key(spec)
    profile.check_key(spec, allow_weak=True)


@pytest.mark.parametrize("profile", EVERY, ids=lambda profile: profile.name)
def test_a_lifetime_out_of_range_is_refused_with_the_range(profile: Profile) -> None:
    profile.check_lifetime(timedelta(days=1))
    profile.check_lifetime(profile.longest_lifetime)
    most = profile.longest_lifetime.days
    for short in (timedelta(0), timedelta(days=-5), timedelta(hours=23)):
        with refused("lifetime.too_short", "days", "one day", str(most)):
            profile.check_lifetime(short)
    with refused("lifetime.too_long", "days", f"{most + 1:,}", f"{most:,}"):
        profile.check_lifetime(timedelta(days=most + 1))


def test_lifetimes_are_what_clients_accept() -> None:
    assert SERVER.lifetime == timedelta(days=397)
    assert SERVER.longest_lifetime <= timedelta(days=825)
    assert WORKSTATION.lifetime == timedelta(days=365)
    assert timedelta(days=20 * 365) <= ROOT.lifetime <= timedelta(days=20 * 366)
