"""Find credentials by their form, with detect-secrets' plugins and forms that it does not know.

Its detectors of high entropy and of `password = …` are not used: in technical text they are nearly
always wrong. Nothing is verified over the network, and placeholders are ignored.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from vouch.validators.policy.finding import Finding
from vouch.validators.policy.placeholders import is_placeholder

_START, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a secret: a pattern that is tried where one of `hints` is in the text.

    `plugin` is detect-secrets' `module.Class` that confirms a candidate. It gets only candidates,
    whose length is bounded, because its own patterns take quadratic time on some texts.
    """

    detector: str
    hints: tuple[str, ...]
    candidate: re.Pattern[str]
    plugin: str | None = None


def _form(detector: str, hints: str, candidate: str, plugin: str | None = None) -> _Form:
    return _Form(detector, tuple(hints.split()), re.compile(candidate), plugin)


_FORMS = (
    _form(
        "aws_access_key",
        "AKIA ASIA ABIA ACCA A3T",
        # The name of a key within a signed address opens nothing, and the address expires.
        rf"(?<!X-Amz-Credential=){_START}A[A-Z0-9]{{19}}{_END}",
        "aws.AWSKeyDetector",
    ),
    _form(
        "aws_secret_key",
        "aws AWS Aws",
        r"(?i:aws.{0,20}?(?:key|token)[^A-Za-z0-9/+\n]{1,8})"
        r"(?<![A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    _form(
        "github_token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        rf"{_START}gh[pousr]_\w{{36}}{_END}",
        "github_token.GitHubTokenDetector",
    ),
    _form("github_token", "github_pat_", rf"{_START}github_pat_\w{{22}}_\w{{59}}{_END}"),
    _form(
        "gitlab_token",
        "glpat- gldt- glrt- glsoat- glptt- glft- glimt- glagent- glcbt- GR1348941",
        rf"{_START}(?:gl|GR)[\w.=-]{{20,300}}{_END}",
        "gitlab_token.GitLabTokenDetector",
    ),
    _form(
        "slack_token", "xox", rf"{_START}xox[abposr]-[\w-]{{10,200}}{_END}", "slack.SlackDetector"
    ),
    _form(
        "slack_webhook",
        "hooks.slack.com",
        r"https://hooks\.slack\.com/services/[\w/]{20,120}",
        "slack.SlackDetector",
    ),
    _form(
        "stripe_key",
        "k_live_",
        rf"{_START}[rs]k_live_[0-9a-zA-Z]{{24,200}}{_END}",
        "stripe.StripeDetector",
    ),
    _form(
        "jwt",
        "eyJ",
        rf"{_START}eyJ[\w=-]{{8,2000}}\.[\w=-]{{8,4000}}(?:\.[\w+/=-]{{1,1000}})?",
        "jwt.JwtTokenDetector",
    ),
    # detect-secrets' own pattern misses passwords with ! $ & and similar signs.
    _form(
        "basic_auth",
        "://",
        r"://[^\s:/?#@<>\"'`]{0,100}:(?P<secret>[^\s:/?#@<>\"'`]{1,200})@[\w\[]",
    ),
    _form("openai_key", "T3BlbkFJ", rf"{_START}sk-[\w-]{{28,300}}{_END}", "openai.OpenAIDetector"),
    _form("anthropic_key", "sk-ant-", rf"{_START}sk-ant-[\w-]{{40,200}}{_END}"),
    _form(
        "azure_storage_key",
        "AccountKey=",
        r"AccountKey=(?P<secret>[A-Za-z0-9+/=]{88})",
        "azure_storage_key.AzureStorageKeyDetector",
    ),
    _form(
        "npm_token",
        "_authToken",
        r"//[^\s/]{1,100}/[^\s=]{0,100}:_authToken=(?P<secret>[^\s]{1,200})",
        "npm.NpmDetector",
    ),
    _form("npm_token", "npm_", rf"{_START}npm_[A-Za-z0-9]{{36}}{_END}"),
    _form(
        "pypi_token",
        "pypi-",
        rf"{_START}pypi-[\w-]{{80,400}}{_END}",
        "pypi_token.PypiTokenDetector",
    ),
    _form(
        "sendgrid_key",
        "SG.",
        rf"{_START}SG\.[\w-]{{22}}\.[\w-]{{43}}{_END}",
        "sendgrid.SendGridDetector",
    ),
    _form(
        "square_secret",
        "sq0csp-",
        rf"{_START}sq0csp-[\w-]{{43}}",
        "square_oauth.SquareOAuthDetector",
    ),
    _form(
        "twilio_key",
        "AC SK",
        rf"[AS](?<![A-Za-z0-9_-].)[CK][a-f0-9]{{32}}{_END}",
        "twilio.TwilioKeyDetector",
    ),
    _form(
        "mailchimp_key",
        "-us1 -us2 -us3 -us4 -us5 -us6 -us7 -us8 -us9",
        rf"{_START}[0-9a-f]{{32}}-us[0-9]{{1,2}}{_END}",
        "mailchimp.MailchimpDetector",
    ),
    _form(
        "discord_token",
        ".",
        rf"[MNO](?<![A-Za-z0-9_-].)[\w-]{{23,25}}\.[\w-]{{6}}\.[\w-]{{27}}{_END}",
        "discord.DiscordBotTokenDetector",
    ),
    _form(
        "telegram_token",
        ":AA",
        rf"{_START}\d{{8,10}}:AA[\w-]{{33}}{_END}",
        "telegram_token.TelegramBotTokenDetector",
    ),
    _form("google_api_key", "AIza", rf"{_START}AIza[\w-]{{35}}{_END}"),
    _form("hugging_face_token", "hf_", rf"{_START}hf_[A-Za-z0-9]{{34,40}}{_END}"),
    _form("databricks_token", "dapi", rf"{_START}dapi[0-9a-f]{{32}}(?:-\d)?{_END}"),
    _form("prefect_key", "pnu_ pnb_", rf"{_START}pn[ub]_[A-Za-z0-9]{{36}}{_END}"),
    # Texts mention the header alone; with a line of its body it is a key.
    _form(
        "private_key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^\n]{0,100}\n|\\n|\s){1,8}?"
        r"[ \t\"'>#]{0,16}(?P<secret>[A-Za-z0-9+/=]{40,}+)(?!\.\.|…)",
    ),
)


def find_secrets(text: str) -> Iterator[Finding]:
    """Find secrets. Findings may overlap: a token as a URL's password is both."""
    for form in _FORMS:
        if any(hint in text for hint in form.hints):
            for candidate in form.candidate.finditer(text):
                yield from _confirmed(form, candidate)


def _confirmed(form: _Form, candidate: re.Match[str]) -> Iterator[Finding]:
    group = "secret" if "secret" in candidate.re.groupindex else 0
    # The plugin only confirms: of some secrets it returns just a part.
    confirmed = form.plugin is None or any(_plugin(form.plugin).analyze_string(candidate.group()))
    if confirmed and not is_placeholder(_readable(form.detector, candidate[group])):
        yield Finding("secrets", form.detector, *candidate.span(group))


def _readable(detector: str, secret: str) -> str:
    """Return the text in which a placeholder's words would be: a web token's claims, decoded."""
    if detector != "jwt":
        return secret
    payload = secret.split(".")[1]
    try:
        return (
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
            .decode("utf-8", "replace")
            .replace("{", "")
            .replace("}", "")
        )
    except (binascii.Error, ValueError):
        return secret


@cache
def _plugin(name: str) -> Any:  # noqa: ANN401 - of detect-secrets' classes
    module, _, cls = name.partition(".")
    return getattr(import_module(f"detect_secrets.plugins.{module}"), cls)()
