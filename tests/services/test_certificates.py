"""The private authority: made once, its certificates renewed in time and for new names."""

from datetime import timedelta

from cryptography import x509

from itops.config import Settings
from itops.services import certificates
from tests.conftest import NOON

NAMES = ["localhost", "127.0.0.1"]


def serial(files: certificates.Files) -> int:
    return x509.load_pem_x509_certificate(files.certificate.read_bytes()).serial_number


def test_a_second_start_keeps_authority_and_certificate(tmp_path):
    first = certificates.ensure(tmp_path, NAMES, at=NOON)
    before = (first.authority.read_bytes(), serial(first))

    again = certificates.ensure(tmp_path, NAMES, at=NOON + timedelta(days=300))

    assert (again.authority.read_bytes(), serial(again)) == before


def test_a_certificate_is_renewed_before_it_ends_by_the_same_authority(tmp_path):
    first = certificates.ensure(tmp_path, NAMES, at=NOON)
    before, old = first.authority.read_bytes(), serial(first)

    renewed = certificates.ensure(tmp_path, NAMES, at=NOON + timedelta(days=350))

    assert renewed.authority.read_bytes() == before
    assert serial(renewed) != old


def test_a_new_name_of_the_server_needs_a_new_certificate(tmp_path):
    old = serial(certificates.ensure(tmp_path, NAMES, at=NOON))

    files = certificates.ensure(tmp_path, [*NAMES, "itops.hospital.example"], at=NOON)

    assert serial(files) != old


def test_names_are_those_by_which_the_server_is_called():
    called = Settings(
        public_url="https://ITOPS.hospital.example", host="10.1.1.5", trusted_hosts=("it.lan",)
    )
    names = certificates.own_names(called)
    assert {"localhost", "127.0.0.1", "10.1.1.5", "itops.hospital.example", "it.lan"} <= set(names)
    assert "::" not in certificates.own_names(Settings(host="::"))
