"""What a single field may hold: Backstage's default validators, as types.

Source: @backstage/catalog-model 1.10.1, dist/validation/*ValidatorFunctions and FieldFormatEntityPolicy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError, Url

from bot.catalog.text import visible

_OBJECT_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_DNS_LABEL = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")
_TAG = re.compile(r"[a-z0-9:+#]+(?:-[a-z0-9:+#]+)*")
_KIND = re.compile(r"[a-zA-Z][a-z0-9A-Z]*")
_VERSION = re.compile(r"[a-z0-9A-Z]+")
_LONGEST = 63
_LONGEST_SUBDOMAIN = 253


class Open(BaseModel):
    """A mapping that may hold more than we know."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


class Closed(BaseModel):
    """A mapping of our own: what we do not know is a slip of the pen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def is_object_name(text: str) -> bool:
    """Names, label values, and the last part of label and annotation keys."""
    return len(text) <= _LONGEST and _OBJECT_NAME.fullmatch(text) is not None


def is_dns_label(text: str) -> bool:
    """Namespaces. Lower case only, whatever the documentation says."""
    return len(text) <= _LONGEST and _DNS_LABEL.fullmatch(text) is not None


def is_dns_subdomain(text: str) -> bool:
    """The prefix of keys and of an apiVersion."""
    return 1 <= len(text) <= _LONGEST_SUBDOMAIN and all(is_dns_label(part) for part in text.split("."))


def is_tag(text: str) -> bool:
    """One of metadata.tags."""
    return len(text) <= _LONGEST and _TAG.fullmatch(text) is not None


def is_prefixed_name(text: str) -> bool:
    """A label or annotation key: `[prefix/]name`."""
    return _prefixed(text, is_object_name)


def is_api_version(text: str) -> bool:
    """`[group/]version`."""
    return _prefixed(text, lambda part: len(part) <= _LONGEST and _VERSION.fullmatch(part) is not None)


def is_kind(text: str) -> bool:
    """A kind's name."""
    return len(text) <= _LONGEST and _KIND.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Whether `new URL(text)` succeeds. pydantic's parser follows the same WHATWG standard."""
    try:
        Url(text)
    except (ValidationError, ValueError):
        return False
    return True


def _prefixed(text: str, is_suffix: Callable[[str], bool]) -> bool:
    match text.split("/"):
        case [suffix]:
            return is_suffix(suffix)
        case [prefix, suffix]:
            return is_dns_subdomain(prefix) and is_suffix(suffix)
        case _:
            return False


def formatted(case: str, is_valid: Callable[[str], bool]) -> AfterValidator:
    """A check whose failure carries `case`, by which the report finds its sentence."""

    def verify(value: str) -> str:
        if not is_valid(value):
            raise PydanticCustomError("format", "not a valid {case}", {"case": case})
        return value

    return AfterValidator(verify)


def _string_or_bool(value: Any) -> Any:
    if not isinstance(value, str | bool):
        raise PydanticCustomError("string_or_bool_type", "neither a string nor a boolean")
    return value


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[Text, formatted("name", is_object_name)]
Namespace = Annotated[Text, formatted("namespace", is_dns_label)]
LabelKey = Annotated[str, formatted("label-key", is_prefixed_name)]
LabelValue = Annotated[str, formatted("label-value", lambda text: not text or is_object_name(text))]
AnnotationKey = Annotated[str, formatted("annotation-key", is_prefixed_name)]
Tag = Annotated[Text, formatted("tag", is_tag)]
Link = Annotated[Text, formatted("url", is_url)]
NotBlank = Annotated[Text, formatted("blank", lambda text: bool(visible(text)))]
ApiVersion = Annotated[Text, formatted("api-version", is_api_version)]
Kind = Annotated[Text, formatted("kind", is_kind)]
StringOrBool = Annotated[Any, AfterValidator(_string_or_bool)]
