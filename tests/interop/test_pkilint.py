"""pkilint finds nothing against RFC 5280 in any certificate, neither errors nor warnings."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pkilint.bin import lint_pkix_cert, lint_pkix_signer_signee_cert_chain

from pki.x509 import bundles, issuing, name_constraints
from tests.interop import cases
from tests.interop.cases import Case

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("case", cases.EVERY, ids=str)
def test_no_certificate_has_a_finding(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cases.write(cases.make(case), tmp_path)
    findings = lint_pkix_cert.main(["lint", "-s", "WARNING", str(folder / "cert.cer")])
    assert findings == 0, capsys.readouterr().out


@pytest.mark.parametrize("case", cases.WILDCARDS, ids=str)
def test_a_wildcard_has_no_finding_but_that_it_is_one(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 5280 leaves the star to the protocols; RFC 6125 and every TLS client allow it."""
    folder = cases.write(cases.make(case), tmp_path)
    findings = lint_pkix_cert.main(["lint", "-s", "WARNING", str(folder / "cert.cer")])
    assert findings == 1
    assert f'Invalid domain name syntax: "{cases.WILDCARD}"' in capsys.readouterr().out


@pytest.mark.parametrize("permitted", [["example.com"], ["example.com", "10.0.0.0/8"]])
def test_a_root_limited_to_some_names_has_no_finding(
    permitted: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = issuing.root(
        "CM Agent CA",
        cases.key("root", "ec-p256"),
        now=datetime.now(UTC),
        constraints=name_constraints.of_texts(permitted),
    )
    (tmp_path / "root.cer").write_bytes(bundles.der(root))
    findings = lint_pkix_cert.main(["lint", "-s", "WARNING", str(tmp_path / "root.cer")])
    assert findings == 0, capsys.readouterr().out


def test_the_linter_does_find_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = cases.make(Case("ec-p256", "server", "ec-p256"))
    der = bundles.der(made.certificate)
    wrong = der.replace(b"cm1.example.com", b"cm_.example.com")
    assert wrong != der
    (tmp_path / "wrong.cer").write_bytes(wrong)
    assert lint_pkix_cert.main(["lint", "-s", "WARNING", str(tmp_path / "wrong.cer")]) > 0
    assert "dns" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("case", cases.BELOW, ids=str)
def test_no_pair_of_issuer_and_subject_has_a_finding(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = cases.make(case)
    folder = cases.write(made, tmp_path)
    (folder / "issuer.cer").write_bytes(bundles.der(made.issuers[0]))
    findings = lint_pkix_signer_signee_cert_chain.main(
        ["lint", "-s", "WARNING", str(folder / "issuer.cer"), str(folder / "cert.cer")]
    )
    assert findings == 0, capsys.readouterr().out
