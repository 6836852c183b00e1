"""SLS servers whose ids and names have other forms, all of which the contract takes as plain strings."""

from string import ascii_letters
from uuid import NAMESPACE_URL, uuid5

from retryspec.reference.lenient.sls_provider import Provider
from retryspec.reference.sls.store import ShipperName
from retryspec.reference.variations import lenient


class OwnIds(Provider):
    """Gives the tasks that it makes ids of its own; they are unique within one shipper, not beyond (SLS-GET-20)."""

    def id_of(self, place: int) -> str:
        """Return the id of a task by its place in the list that was asked for."""
        return str(place)

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer with the new ids."""
        for name, place in self.shippers_in(answer):
            place["ids"] = self.renamed(name, place["ids"])
        return answer

    def renamed(self, name: ShipperName, ids: object) -> list[str]:
        """Give the tasks of a shipper their new ids."""
        shipper = self.store.shipper(name)
        if shipper is None or not isinstance(ids, list):
            raise LookupError(name)
        new = [self.id_of(place) for place in range(len(ids))]
        with self.store.database.writing() as connection:
            connection.executemany(
                "UPDATE sls_task SET id = ? WHERE shipper = ? AND id = ?",
                [(after, shipper.number, before) for before, after in zip(ids, new, strict=True)],
            )
        return new


@lenient("sls A-59", says="Ids are the numbers 1, 2, 3 and so on, the same in every shipper.")
class IdsNumbered(OwnIds):
    """Numbers the tasks of each shipper, so that neighbours have tasks of the same ids."""

    def id_of(self, place: int) -> str:
        """Return the number of a task."""
        return str(place + 1)


@lenient("sls A-59", says="Ids are UUIDs in upper case with braces.")
class IdsUuid(OwnIds):
    """Has ids in a well-known form, each its own in every shipper."""

    def renamed(self, name: ShipperName, ids: object) -> list[str]:
        """Give the tasks UUIDs made from the name of the shipper and their place."""
        self.base = uuid5(NAMESPACE_URL, repr(name))
        return super().renamed(name, ids)

    def id_of(self, place: int) -> str:
        """Return a UUID."""
        return f"{{{uuid5(self.base, str(place))}}}".upper()


@lenient("sls A-59", says="Ids have 200 characters and differ in the last ones.")
class IdsLong(OwnIds):
    """Has ids that are equal for long."""

    def id_of(self, place: int) -> str:
        """Return a long id."""
        return f"{place:0200d}"


@lenient("sls A-59", says="Ids have blanks, quotes, slashes and characters of several scripts.")
class IdsUnusual(OwnIds):
    """Has ids that have to be escaped in JSON, in a path or in SQL."""

    def id_of(self, place: int) -> str:
        """Return an id that is hard to write."""
        return f" 任务/{place}\\\"'%2F?&=#+é🪣\t"


@lenient("sls A-59", says="Ids differ in letter case alone.")
class IdsDifferInCase(OwnIds):
    """Has ids that are equal for who does not look closely: the binary digits of the place as letter case."""

    def id_of(self, place: int) -> str:
        """Return twelve letters."""
        return "".join(
            letter.upper() if place >> digit & 1 else letter for digit, letter in enumerate(ascii_letters[:12])
        )


@lenient("sls A-59", says="Ids begin with one another: a, aa, aaa and so on.")
class IdsWithinIds(OwnIds):
    """Has ids that are parts of others."""

    def id_of(self, place: int) -> str:
        """Return an id that is longer by one than the one before, up to a width at which the letter changes."""
        turn, length = divmod(place, 50)
        return ascii_letters[turn % 52] * (length + 1) + "-" * (turn // 52)


class OwnNames(Provider):
    """Gives the shipper that it makes other names, and leaves the neighbours out."""

    def name_for(self, name: ShipperName) -> ShipperName:
        """Return the names in place of these."""
        return name

    def provided(self, answer: dict[str, object]) -> dict[str, object]:
        """Return the answer with the new names."""
        (name, _), *_ = self.shippers_in(answer)
        new = self.name_for(name)
        with self.store.database.writing() as connection:
            connection.execute(
                "UPDATE sls_shipper SET project = ?, logstore = ?, name = ? "
                "WHERE project = ? AND logstore = ? AND name = ?",
                (new.project, new.logstore, new.shipper, name.project, name.logstore, name.shipper),
            )
        return {
            "project": new.project,
            "logstore": new.logstore,
            "shipper": new.shipper,
            "ids": answer["ids"],
            "rerunsAsAsked": True,
        }


@lenient("sls A-57", says="Names are as long as they may be.")
class NamesLong(OwnNames):
    """Has a project and a logstore of 63 characters and a shipper of 128."""

    def name_for(self, name: ShipperName) -> ShipperName:
        """Return the names, made longer."""
        return ShipperName(f"{name.project:-<62}0", f"{name.logstore:_<62}0", f"{name.shipper:X<128}")


@lenient("sls A-57", says="Names of a logstore and a shipper have to be percent-encoded in a path.")
class NamesUnusual(OwnNames):
    """Has names that follow no pattern, for the contract has none."""

    def name_for(self, name: ShipperName) -> ShipperName:
        """Return the names with characters that mean something in a path."""
        return ShipperName(name.project, f"日志 {name.logstore}?", f"{name.shipper}/%2F+é;a=b&c#")
