"""Companies and their connections: what the start call and the sync flow leave behind."""

import re
from collections.abc import Callable, Iterable

import attrs

from adapters.codat_simulator import errors
from adapters.codat_simulator.wire import Company, Connection, Integration, Status


MOST_TAGS = 10
LONGEST_TAG_KEY = 27
LONGEST_TAG_VALUE = 100
_STRIPPED = re.compile(r"[^A-Za-z0-9\s\-',&@.?!]")


def stripped(name: str) -> str:
    """The *name* without what Codat drops from it: `Company (Codat[1])` → `Company Codat1`."""
    return _STRIPPED.sub("", name)


def checked_name(name: str) -> str:
    """
    The *name* as Codat would keep it.

    Raises:
        CodatError: nothing is left of it.
    """
    kept = stripped(name)
    if not kept.strip():
        raise errors.invalid(("Company", "The company name is empty.", "CreateCompany"))
    return kept


def checked_tags(tags: dict[str, str]) -> dict[str, str]:
    """
    The *tags*, if Codat would keep them.

    Raises:
        CodatError: too many, or one too long.
    """
    wrong = []
    if len(tags) > MOST_TAGS:
        wrong.append(("Tags", f"At most {MOST_TAGS} tags are allowed.", "Tags"))
    for key, value in tags.items():
        if not 1 <= len(key) <= LONGEST_TAG_KEY:
            wrong.append(("Tags", f"A tag key has 1 to {LONGEST_TAG_KEY} characters.", "Tags"))
        if len(value) > LONGEST_TAG_VALUE:
            message = f"A tag value has at most {LONGEST_TAG_VALUE} characters."
            wrong.append(("Tags", message, "Tags"))
    if wrong:
        raise errors.invalid(*wrong)
    return tags


@attrs.define
class Companies:
    """
    All companies of the client.

    Every change happens in one step of the event loop, so parallel calls need no lock.
    """

    _link_origin: str
    _new_id: Callable[[], str]
    _now: Callable[[], str]
    _by_id: dict[str, Company] = attrs.field(factory=dict, init=False)
    _ids_by_name: dict[str, list[str]] = attrs.field(factory=dict, init=False)
    _linked: set[str] = attrs.field(factory=set, init=False)

    @property
    def active(self) -> int:
        """How many companies have a linked connection; the daily quota grows with it."""
        return len(self._linked)

    def all(self) -> Iterable[Company]:
        """Every company, oldest first."""
        return self._by_id.values()

    def create(
        self, name: str, description: str | None = None, tags: dict[str, str] | None = None
    ) -> Company:
        """Add a company; names need not be unique."""
        company_id = self._new_id()
        company = Company(
            id=company_id,
            name=checked_name(name),
            description=description,
            redirect=f"{self._link_origin}/company/{company_id}",
            created=self._now(),
            tags=checked_tags(tags or {}),
            data_connections=[],
        )
        self._by_id[company_id] = company
        self._ids_by_name.setdefault(company.name, []).append(company_id)
        return company

    def find(self, company_id: str) -> Company | None:
        """The company of this id, if there is one."""
        return self._by_id.get(company_id)

    def get(self, company_id: str) -> Company:
        """
        The company of this id.

        Raises:
            CodatError: there is none, or not any more.
        """
        company = self._by_id.get(company_id)
        if company is None:
            raise errors.company_missing(company_id)
        return company

    def named(self, name: str) -> Company | None:
        """The oldest company of this name, once stripped."""
        ids = self._ids_by_name.get(stripped(name))
        return self._by_id[ids[0]] if ids else None

    def rename(self, company: Company, name: str) -> None:
        """Give the *company* another name."""
        kept = checked_name(name)
        self._forget_name(company)
        company.name = kept
        self._ids_by_name.setdefault(kept, []).append(company.id)

    def delete(self, company: Company) -> None:
        """Remove the *company* with its connections."""
        del self._by_id[company.id]
        self._linked.discard(company.id)
        self._forget_name(company)

    def connect(self, company: Company, integration: Integration) -> Connection:
        """Add a connection that waits to be authorized."""
        connection_id = self._new_id()
        connection = Connection(
            id=connection_id,
            integration_id=integration.integration_id,
            integration_key=integration.key,
            source_id=integration.source_id,
            source_type=integration.source_type,
            platform_name=integration.name,
            link_url=(
                f"{self._link_origin}/companies/{company.id}/connections/{connection_id}/start"
            ),
            status="PendingAuth",
            created=self._now(),
        )
        company.data_connections.append(connection)
        return connection

    def connection_for(self, company: Company, integration: Integration) -> Connection:
        """The company's newest connection to this integration, or a new one."""
        for connection in reversed(company.data_connections):
            if connection.integration_key == integration.key:
                return connection
        return self.connect(company, integration)

    def connection(self, company_id: str, connection_id: str) -> tuple[Company, Connection]:
        """
        A company and one of its connections.

        Raises:
            CodatError: either does not exist.
        """
        company = self.get(company_id)
        for connection in company.data_connections:
            if connection.id == connection_id:
                return company, connection
        raise errors.connection_missing(connection_id)

    def disconnect(self, company: Company, connection: Connection) -> None:
        """Delete the connection for good."""
        company.data_connections.remove(connection)
        self._recount(company)

    def set_status(self, company: Company, connection: Connection, status: Status) -> None:
        """
        Change the status of a connection.

        A company has one active accounting connection: linking another unlinks the first.
        """
        if status == "Linked" and connection.source_type == "Accounting":
            for other in company.data_connections:
                if other.source_type == "Accounting" and other.status == "Linked":
                    other.status = "Unlinked"
        connection.status = status
        self._recount(company)

    def clear(self) -> None:
        """Forget all of them."""
        self._by_id.clear()
        self._ids_by_name.clear()
        self._linked.clear()

    def _recount(self, company: Company) -> None:
        if any(connection.status == "Linked" for connection in company.data_connections):
            self._linked.add(company.id)
        else:
            self._linked.discard(company.id)

    def _forget_name(self, company: Company) -> None:
        ids = self._ids_by_name[company.name]
        ids.remove(company.id)
        if not ids:
            del self._ids_by_name[company.name]
