"""The yardstick: `CertificateBuilder.sign` of cryptography, and nothing around it."""

from collections.abc import Callable

from django.utils import timezone

from pki.x509 import issuing, keys
from pki.x509.issuing import CertificateRequest
from pki.x509.keys import PrivateKey
from pki.x509.profiles import SERVER


def bare_signature(key: PrivateKey) -> Callable[[], object]:
    """Signs the same certificate again and again with ``key``, which stays in memory."""
    request = CertificateRequest(
        profile=SERVER,
        common_name="cm1.example.com",
        names=("cm1.example.com",),
        public_key=keys.generate(keys.KeySpec("ec", curve="p256")).public_key(),
    )
    issuer = issuing.root("CM Agent CA", key, now=timezone.now())
    builder = issuing.prepare(request, issuer, now=timezone.now()).builder
    algorithm = issuing.signature_hash(key)
    return lambda: builder.sign(key, algorithm)
