"""Recognise placeholders: what documentation has in the place of a secret."""

import re

_WORDS = re.compile(
    r"example|sample|placeholder|your|dummy|fake|redact|changeme|change[-_]me|replace|insert|"
    r"secret|passw|token[-_]?here|"
    r"x{4,}|\*{2,}|\.{3}|…|#{3,}|-{4,}|_{4,}|[<>{}]|%s|%\(|%[a-z_]{2,}%|\$\(|^\$\w+$|\\0|foobar|"
    r"deadbeef|"
    r"notareal|not[-_]real|abcdef|012345|123456|qwerty|lorem|test[-_]?key|^my[-_]|"
    # "Password" in other languages, where a tutorial is translated.
    r"passwor|wachtwoord|contrase[nñ]a|mot[-_]?de[-_]?passe|motdepasse|senha|has[lł]o|heslo|lösenord|"
    r"пароль|密码|密碼|パスワード",
    re.IGNORECASE,
)
# Passwords of the tutorials of databases and brokers.
_PUBLIC = frozenset(
    """pass pw pwd p pword admin root guest test tiger user username postgres postgresql mysql
    mariadb mongo mongodb redis rabbitmq minio prefect airflow docker default demo key apikey
    api_key token hunter2 yourpw 1234 12345 s3cr3t secure bar baz foo abc xyz abc123 pass123
    mypass my_pass mypw letmein credentials creds pat""".split()
)
_SEQUENCE = 7  # characters that count up or down, or repeat: no generator makes those


def is_placeholder(secret: str) -> bool:
    """Return whether a secret is a placeholder: by its words, few different characters, or "
    "counting."""
    return (
        bool(_WORDS.search(secret))
        or secret.lower() in _PUBLIC
        # Too few different characters for its length: not random.
        or (len(secret) >= 16 and len(set(secret)) < 8)
        or _has_sequence(secret)
    )


def _has_sequence(secret: str) -> bool:
    steps = [ord(after) - ord(before) for before, after in zip(secret, secret[1:], strict=False)]
    longest = run = 0
    for index, step in enumerate(steps):
        same = step in (-1, 0, 1) and index > 0 and steps[index - 1] == step
        run = run + 1 if same else int(step in (-1, 0, 1))
        longest = max(longest, run)
    return longest >= _SEQUENCE - 1
