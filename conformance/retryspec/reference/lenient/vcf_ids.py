"""VCF servers whose ids are no UUIDs, or are read in a laxer way."""

from collections.abc import Mapping
from typing import Any

from retryspec.reference.apis import StateMaker
from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server, states
from retryspec.reference.vcf.store import Store, Task


class Renaming(Server):
    """Gives its tasks ids of its own."""

    def states(self) -> Mapping[str, StateMaker]:
        """Return a maker of tasks with other ids."""
        make = super().states()[states.NAME]

        def made(params: Mapping[str, Any]) -> dict[str, object]:
            answer = make(params)
            old = answer["ids"]
            assert isinstance(old, list)
            new = [self.renamed(id_, place) for place, id_ in enumerate(old)]
            with self.store.database.writing() as connection:
                connection.executemany("UPDATE vcf_task SET id = ? WHERE id = ?", list(zip(new, old, strict=True)))
            return {**answer, "ids": new}

        return {states.NAME: made}

    def renamed(self, id_: str, place: int) -> str:
        """Return another id."""
        raise NotImplementedError


@lenient("vcf A7", says="Ids are numbers that are counted up.")
class NumbersForIds(Renaming):
    """Lets its database count."""

    def renamed(self, id_: str, place: int) -> str:
        """Return the number of the row."""
        task = self.store.task(id_)
        return str(1_000_000 + (task.number if task else place))


@lenient("vcf A7", says="Ids are small numbers, each of which is near to another one.")
class SmallNumbersForIds(Renaming):
    """Counts from zero."""

    def renamed(self, id_: str, place: int) -> str:
        """Return how many tasks there were before."""
        task = self.store.task(id_)
        return str(task.number - 1 if task else place)


@lenient("vcf A7", says="Ids have blanks in them.")
class BlanksInIds(Renaming):
    """Writes ids for people."""

    def renamed(self, id_: str, place: int) -> str:
        """Return an id with a blank."""
        return f"task {id_}"


@lenient("vcf A7", says="Ids have characters beyond ASCII and beyond Latin-1.")
class WideIds(Renaming):
    """Writes ids in the language of the place."""

    def renamed(self, id_: str, place: int) -> str:
        """Return an id with such characters."""
        return f"\u00e2{id_}\u65e5"


@lenient("vcf A7", says="Ids have two hundred characters.")
class LongIds(Renaming):
    """Puts more into an id."""

    def renamed(self, id_: str, place: int) -> str:
        """Return an id six times as long."""
        return id_ * 6


@lenient("vcf A7", says="Ids have all signs that a path may have.")
class SignsInIds(Renaming):
    """Puts more into an id."""

    def renamed(self, id_: str, place: int) -> str:
        """Return an id with signs."""
        return f"task:{id_}@local~{place}!x(y)*z;,=+$&"


@lenient("vcf A7", says="Ids have a slash in them.")
class SlashInIds(Renaming):
    """Puts a domain before the id."""

    def renamed(self, id_: str, place: int) -> str:
        """Return an id with a slash."""
        return f"domain/{id_}"


class SegmentStore(Store):
    """Looks for what stands before a semicolon."""

    def task(self, id_: str) -> Task | None:
        """Return the task of an id without its parameters."""
        return super().task(id_.partition(";")[0])


@lenient("vcf A9", says="What follows a semicolon in an id is no part of it.")
class MatrixLeftOut(Server):
    """Reads parameters of a segment as its container does."""

    store_type = SegmentStore
