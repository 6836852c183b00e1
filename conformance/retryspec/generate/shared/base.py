"""The base class of all generated models: what is read is what stands in the document, without conversions."""

from pydantic import BaseModel, ConfigDict

__all__ = ["WireModel"]


class WireModel(BaseModel):
    """A model that converts nothing: the text "5" is not a number, and an absent member is not a null one."""

    model_config = ConfigDict(strict=True)
