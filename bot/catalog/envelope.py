"""The outside of every entity: apiVersion, kind, metadata, spec. What is inside a spec is not judged here."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from bot.catalog.fields import (
    AnnotationKey,
    ApiVersion,
    Closed,
    Kind,
    LabelKey,
    LabelValue,
    Link,
    Name,
    Namespace,
    NotBlank,
    Open,
    Tag,
    Text,
)


class MetadataLink(Open):
    """One of metadata.links."""

    url: Link
    title: NotBlank = ""
    icon: NotBlank = ""
    type: Text = ""


class Metadata(Open):
    """What every kind has in common. Other keys are allowed."""

    uid: Text = ""
    etag: Text = ""
    name: Name
    namespace: Namespace = "default"
    title: Text = ""
    description: str = ""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    annotations: dict[AnnotationKey, str] = Field(default_factory=dict)
    tags: list[Tag] = Field(default_factory=list)
    links: list[MetadataLink] = Field(default_factory=list)


class Envelope(Closed):
    """A whole document. `relations` and `status` are Backstage's output and not accepted from a file."""

    apiVersion: ApiVersion  # noqa: N815 - the file's own name
    kind: Kind
    metadata: Metadata
    spec: dict[str, Any] = Field(default_factory=dict)
