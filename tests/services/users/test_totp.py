"""Codes of a phone, on the vectors of RFC 6238 (appendix B) and RFC 4226 (appendix D)."""

from datetime import UTC, datetime, timedelta

import pytest

from itops.services.users import totp
from itops.services.users.totp import code_of, step_at, step_of

SEEDS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
RFC_6238 = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
RFC_4226 = """
    755224 287082 359152 969429 338314 254676 287922 162583 399871 520489
"""
NOW = datetime(2026, 11, 30, 9, 0, 10, tzinfo=UTC)
SECRET = SEEDS["sha1"]


@pytest.mark.parametrize("row", RFC_6238)
@pytest.mark.parametrize("digest", SEEDS)
def test_the_vectors_of_rfc_6238(row, digest):
    at = datetime.fromtimestamp(row[0], tz=UTC)
    expected = row[1 + list(SEEDS).index(digest)]
    assert code_of(SEEDS[digest], step_at(at), digits=8, digest=digest) == expected


def test_the_vectors_of_rfc_4226():
    assert [code_of(SECRET, count) for count in range(10)] == RFC_4226.split()


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_a_clock_may_be_off_by_one_step(steps, is_taken):
    code = code_of(SECRET, step_at(NOW) + steps)
    assert (step_of(code, SECRET, at=NOW) == step_at(NOW) + steps) == is_taken
    assert step_of(code, SECRET, at=NOW + timedelta(minutes=5)) is None


def test_what_the_app_scans_names_the_hospital_and_the_person():
    address = totp.app_address(SECRET, login="wang.min", issuer="itops 县医院")
    assert address == (
        "otpauth://totp/itops%20%E5%8E%BF%E5%8C%BB%E9%99%A2%3Awang.min"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=itops+%E5%8E%BF%E5%8C%BB%E9%99%A2"
    )
