"""Secrets are found by their form; placeholders and lookalikes are clean.

The samples are joined here, so that this file contains no secret.
"""

import pytest

from vouch.validators.policy import find

BODY = "hT4kQ9wZr2LmX7vB1nYc8DsJ5gFa3PeUo6RiKtWq"  # forty random characters
HEX = "9f3a7c1e5b8d2046af71c93e0b5d8462"
BAD = [
    ("aws_access_key", "AKIA" + "Q3EGRIJ7KLMN2PQZ"),
    ("aws_secret_key", BODY),
    ("github_token", "ghp_" + BODY[:36]),
    ("gitlab_token", "glpat-" + BODY[:20]),
    ("slack_token", "xoxb-" + "539120884713-847120395566-" + BODY[:24]),
    ("slack_webhook", "https://hooks.slack.com/services/" + "T8K2QX9LM/B7W4ZR1NC/" + BODY[:24]),
    ("stripe_key", "sk_live_" + BODY[:24]),
    ("openai_key", "sk-" + BODY[:20] + "T3BlbkFJ" + BODY[20:]),
    ("anthropic_key", "sk-ant-" + "api03-" + BODY),
    ("azure_storage_key", BODY + BODY[::-1] + BODY[5:11] + "=="),
    ("npm_token", "npm_" + BODY[:36]),
    ("pypi_token", "pypi-" + "AgEIcHlwaS5vcmc" + BODY + BODY[::-1]),
    ("sendgrid_key", "SG." + BODY[:22] + "." + BODY + "x9Q"),
    ("twilio_key", "AC" + HEX),
    ("mailchimp_key", HEX + "-us12"),
    ("google_api_key", "AIza" + BODY[:35]),
    ("hugging_face_token", "hf_" + BODY[:34]),
    ("prefect_key", "pnu_" + BODY[:36]),
    ("telegram_token", "5839201746:AA" + BODY[:33]),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJtYXJpYSIsInJvbGUiOiJvcHMifQ." + BODY),
]
CLEAN = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ghp_" + "x" * 36,
    "postgresql://scott:tiger@db.corp.io/test and http://ik:wachtwoord@server/",
    "X-Amz-Credential=" + "AKIA" + "Q3EGRIJ7KLMN2PQZ" + "%2F20260101",
    f"-----BEGIN RSA PRIVATE KEY-----\nMII{BODY}...fvY4\n",
    "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-... and sk-<your-key> and sk-ant-xxxx",
    "postgresql://user:password@localhost:5432/db",
    "postgresql://prefect:${DB_PASSWORD}@host/db and redis://:{{ secret }}@host",
    "amqp://guest:guest@rabbit:5672 and mysql://root:$PASS@db",
    "http://host:8080/a@b and git+ssh://git@github.com/a/b",
    "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    "a file that begins with -----BEGIN PRIVATE KEY----- is a key",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0." + BODY,
    "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709, ACCESS, SKIP-us-east-1",
]


@pytest.mark.parametrize(("detector", "secret"), BAD)
@pytest.mark.parametrize("sentence", ["{}", "the aws token: '{}' is new", "export AWS_KEY={}\n"])
def test_secrets_are_found(detector, secret, sentence):
    if detector == "aws_secret_key" and sentence == "{}":
        sentence = "AWS_SECRET_ACCESS_KEY={}"
    if detector == "azure_storage_key":
        sentence = "AccountName=a;AccountKey={};"
    text = sentence.format(secret)
    assert (detector, secret) in [
        (finding.detector, text[finding.start : finding.end]) for finding in find(text, ["secrets"])
    ]


@pytest.mark.parametrize("text", CLEAN)
def test_placeholders_and_lookalikes_are_clean(text):
    assert find(text, ["secrets"]) == []


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("postgresql://bob:Zk8!fj2k@db.corp.io/x", "Zk8!fj2k"),
        ("mysql://ann:$qT7c$Vg.n@h", "$qT7c$Vg.n"),
        ("redis://:q7Lw9zTx@10.0.0.1", "q7Lw9zTx"),
        ("ftp://k7q:k7q9@h", "k7q9"),
    ],
)
def test_only_the_password_of_a_url_is_reported(text, password):
    assert [
        (finding.detector, text[finding.start : finding.end]) for finding in find(text, ["secrets"])
    ] == [("basic_auth", password)]


@pytest.mark.parametrize("name", ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""])
def test_a_private_key_with_its_body_is_found(name):
    text = f"-----BEGIN {name}PRIVATE KEY-----\nMII{BODY}{BODY}\n"
    assert [finding.detector for finding in find(text, ["secrets"])] == ["private_key"]
