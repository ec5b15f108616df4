"""Personal data is found, data of no person is clean, and nothing is downloaded for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from vouch.validators.policy import find

BAD = [
    ("Please write to anna.meier@gmail.com today.", "email_address", "anna.meier@gmail.com"),
    ("Author: Jörg <joerg@t-online.de>", "email_address", "joerg@t-online.de"),
    ("email=kim.lee@fastmail.fm;", "email_address", "kim.lee@fastmail.fm"),
    ("<a href='mailto:o'neil+x@cam.ac.uk.", "email_address", "o'neil+x@cam.ac.uk"),
    ("Büro: +49 30 901820", "phone_number", "+49 30 901820"),
    ("Tel.: (212) 736-5000", "phone_number", "(212) 736-5000"),
    ("звоните 8 (495) 123-45-67", "phone_number", "8 (495) 123-45-67"),
    ("card 4539 1488 0343 6467 was charged", "credit_card", "4539 1488 0343 6467"),
    ("paid with 4539148803436467", "credit_card", "4539148803436467"),
    ("to DE44 5001 0517 5407 3249 31 on Monday", "iban_code", "DE44 5001 0517 5407 3249 31"),
    ("IBAN:PL61109010140000071219812874", "iban_code", "PL61109010140000071219812874"),
    ("my SSN is 536-22-8726", "us_ssn", "536-22-8726"),
    ("NHS number 943 476 5919", "uk_nhs", "943 476 5919"),
    ("DNI 12345678Z", "es_nif", "12345678Z"),
    ("codice fiscale RSSMRA85T10A562S", "it_fiscal_code", "RSSMRA85T10A562S"),
    ("PESEL 44051401359", "pl_pesel", "44051401359"),
    ("social insurance number: 130 692 544", "ca_sin", "130 692 544"),
]
CLEAN = [
    "git clone git@github.com:org/repo.git",
    "scp file.txt alice@build.acme-tools.com:/srv/www",
    "user@example.com, you@yourcompany.com, jane@mail.example.org, root@localhost",
    "https://bob:hunter2x@db.acme-tools.com/main",
    "no-reply@stripe.com and python-dev@python.org",
    "@decorator a@b.T x @ y",
    "image@sha256.digest",
    "version 3.11.7.2024 of 2023-01-15 10:22:33,123 at 192.168.100.200",
    "Call 2023-01-15 or 1.2.3.4567890",
    "call +1 212 555 0142",
    "4111 1111 1111 1111 and 4242424242424242",
    "4539 1488 0343 6468",
    "id 4539148803436467-abc and 0.4539148803436467",
    "DE89 3704 0044 0532 0130 00 and DE44 5001 0517 5407 3249 32",
    "536-22-8726 is a part number",
    "NHS number 943 476 5918",
    "timestamp 1700000000000, uuid 5bb87cc4-f31b-4213-aaac-0c0ce738460c",
]
FETCHES_NOTHING = """
import socket
def refuse(*_, **__):
    raise AssertionError("a connection was opened")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from vouch.validators.policy import KINDS, find
text = "anna@gmail.com +49 30 901820 AKIAQ3EGRIJ7KLMN2PQZ"
print([finding.detector for finding in find(text, KINDS)])
"""


@pytest.mark.parametrize(("text", "detector", "value"), BAD)
def test_personal_data_is_found(text, detector, value):
    assert [
        (finding.detector, text[finding.start : finding.end])
        for finding in find(text, ["personal_data"])
    ] == [(detector, value)]


@pytest.mark.parametrize("text", CLEAN)
def test_data_of_no_person_is_clean(text):
    assert find(text, ["personal_data"]) == []


def test_a_number_far_from_its_word_is_clean():
    assert find("SSN" + " word" * 20 + " 536-22-8726", ["personal_data"]) == []


def test_spans_are_right_where_lower_case_is_longer():
    text = "İİİ my ssn is 536-22-8726"
    assert [text[finding.start : finding.end] for finding in find(text, ["personal_data"])] == [
        "536-22-8726"
    ]


def test_nothing_is_downloaded_and_no_cache_is_written(tmp_path: Path):
    command = [sys.executable, "-c", FETCHES_NOTHING]
    environment = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "PYTHONPATH": str(Path.cwd()),
        "PYTHONWARNINGS": "error",
    }
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['email_address', 'phone_number', 'aws_access_key']"
    assert [path for path in tmp_path.rglob("*") if "tld" in str(path).lower()] == []


def test_clean_text_imports_no_library():
    code = "import sys; from vouch.validators.policy import KINDS, find; find('All is well at 10:30.', KINDS); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"presidio_analyzer", "detect_secrets", "tldextract", "torch", "spacy"} & set(
        ran.stdout.split()
    )
