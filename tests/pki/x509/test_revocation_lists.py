"""What a revocation list says, read back by `cryptography` and by openssl."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.x509 import issuing, keys, revocation_lists
from pki.x509.revocation_lists import Entry

NOW = datetime(2026, 5, 4, 12, 0, 0, 7, tzinfo=UTC)
KEY = keys.generate(keys.KeySpec.parse("ec-p256"))
ROOT = issuing.root("CM Agent CA", KEY, now=NOW - timedelta(days=1))

entries = st.lists(
    st.builds(
        Entry,
        serial_number=st.integers(min_value=1, max_value=2**159 - 1),
        at=st.datetimes(
            min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
            max_value=datetime(2060, 1, 1),  # noqa: DTZ001
            timezones=st.just(UTC),
        ),
        reason=st.sampled_from(sorted(revocation_lists.REASONS)),
    ),
    unique_by=lambda entry: entry.serial_number,
    max_size=20,
)


@given(entries=entries, number=st.integers(min_value=1, max_value=2**63 - 1))
def test_a_list_says_what_it_was_given(entries: list[Entry], number: int) -> None:
    signed = revocation_lists.build(entries, ROOT, KEY, number=number, this_update=NOW)
    assert signed.is_signature_valid(KEY.public_key())
    assert signed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    assert signed.next_update_utc == NOW.replace(microsecond=0) + timedelta(days=7)
    assert [read(revoked) for revoked in signed] == [
        (entry.serial_number, entry.at.replace(microsecond=0), entry.reason) for entry in entries
    ]


def read(revoked: x509.RevokedCertificate) -> tuple[int, datetime, str]:
    try:
        reason = revoked.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        # RFC 5280, section 5.3.1: absent rather than unspecified.
        reason = "unspecified"
    return revoked.serial_number, revoked.revocation_date_utc, reason


def test_its_authority_key_identifier_is_the_issuers_own() -> None:
    signed = revocation_lists.build([], ROOT, KEY, number=1, this_update=NOW)
    told = signed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = ROOT.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert told.key_identifier == own.digest
    assert signed.issuer == ROOT.subject


def test_times_of_another_zone_are_kept_right() -> None:
    at = datetime(2026, 5, 4, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    [revoked] = revocation_lists.build([Entry(5, at)], ROOT, KEY, number=1, this_update=NOW)
    assert revoked.revocation_date_utc == datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_a_reason_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        revocation_lists.build([Entry(5, NOW, "bored")], ROOT, KEY, number=1, this_update=NOW)
