"""The embedding models that measurements compare: those that come with Vouch and its extras."""

from vouch.embedders.local.model_folder import DEFAULT_MODEL
from vouch.embedders.packaged.multilingual import NAME, is_available


def models() -> list[str]:
    """Return the names of the models that can be used here, the default one first."""
    return [DEFAULT_MODEL, *([NAME] if is_available() else [])]
