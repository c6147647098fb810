import attrs
import pytest

from domain.errors import CodatTimedOut, StorageUnavailable, SyncSessionUnknown
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import (
    Company,
    Connection,
    ConnectionReport,
    ConnectionStatus,
    SyncConfiguration,
)
from domain.model.integration import SourceType
from domain.model.sync_session import Happening, SyncSession, SyncSessionStatus
from domain.ports.codat_gateway import CodatGateway
from domain.use_cases.confirm_connection import ConfirmConnection
from tests.domain.use_cases.product import Product, happenings
from tests.domain.world import BACKEND, a_merchant
from tests.fakes.codat import FakeCodatGateway


pytestmark = pytest.mark.anyio


async def sent_away(product: Product, merchant: str = "m-1") -> SyncSession:
    session = await product.opened(merchant)
    await product.redirected(session)
    return await product.stored(session)


async def test_coming_back_is_noted_and_proves_nothing(product: Product) -> None:
    session = await sent_away(product)
    confirm = product.confirm_connection

    returned = await confirm.note_return(session.id, a_merchant())
    again = await confirm.note_return(session.id, a_merchant())

    assert SyncSessionStatus.RETURNED is returned.status
    assert returned == again == await product.stored(session)
    assert [Happening.RETURNED] == happenings(returned)[session.version :]
    answer = await confirm(session.id, a_merchant())
    assert SyncSessionStatus.RETURNED is answer.session.status
    assert not answer.report.complete


async def test_codats_own_answer_completes_it(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")

    answer = await product.confirm_connection(session.id, a_merchant())

    assert SyncSessionStatus.COMPLETED is answer.session.status
    assert answer.report.complete
    assert "Demo Ltd" == answer.report.organisation
    assert product.world.codat.companies[0].id == answer.session.company
    assert "codat" == answer.session.timeline[-1].actor
    assert answer.session == await product.stored(session)


async def test_asking_again_changes_nothing(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    first = await product.confirm_connection(session.id, a_merchant())
    product.world.sessions.writes_left = 0

    assert first == await product.confirm_connection(session.id, BACKEND)


@pytest.mark.parametrize(
    "configuration",
    [
        None,
        SyncConfiguration(enabled=False, configured=True),
        SyncConfiguration(enabled=True, configured=False),
    ],
    ids=["not configured", "disabled", "half configured"],
)
async def test_linked_alone_does_not_complete_it(
    product: Product, configuration: SyncConfiguration | None
) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    company = product.world.codat.companies[0].id
    del product.world.codat.configurations[company]
    if configuration:
        product.world.codat.configurations[company] = configuration

    answer = await product.confirm_connection(session.id, a_merchant())

    assert SyncSessionStatus.REDIRECTED is answer.session.status
    assert ConnectionStatus.LINKED is answer.report.choice
    assert session == await product.stored(session)


async def test_another_integration_does_not_complete_it(product: Product) -> None:
    session, other = await product.opened(key="gbol"), await product.opened(key="qhyg")
    await product.redirected(other)
    product.world.codat.finish_sync_flow("m-1", "qhyg")

    answer = await product.confirm_connection(session.id, a_merchant())

    assert ConnectionStatus.MISSING is answer.report.choice
    assert ConnectionStatus.LINKED is answer.report.connector
    assert session == answer.session


async def test_without_a_company_nothing_is_known(product: Product) -> None:
    session = await product.opened()

    answer = await product.confirm_connection(session.id, a_merchant())

    assert ConnectionReport() == answer.report
    assert session == answer.session


async def test_someone_elses_session_is_neither_confirmed_nor_returned(product: Product) -> None:
    session = await sent_away(product, "m-1")
    product.world.codat.finish_sync_flow("m-1", "gbol")
    asked = product.world.codat.calls.copy()

    with pytest.raises(SyncSessionUnknown):
        await product.confirm_connection(session.id, a_merchant("m-2"))
    with pytest.raises(SyncSessionUnknown):
        await product.confirm_connection.note_return(session.id, a_merchant("m-2"))

    assert asked == product.world.codat.calls
    assert session == await product.stored(session)


async def test_a_company_of_someone_else_does_not_count(product: Product) -> None:
    session = await sent_away(product, "m-1")
    await sent_away(product, "m-12")
    product.world.codat.finish_sync_flow("m-12", "gbol")

    class Generous(FakeCodatGateway):
        """Finds companies by a part of their name, as a search may."""

        async def find_companies(self, merchant: MerchantIdentifier) -> tuple[Company, ...]:
            return tuple(c for c in reversed(self.companies) if merchant in c.name)

    generous = Generous(
        product.world.clock,
        companies=product.world.codat.companies,
        connections_of=product.world.codat.connections_of,
        configurations=product.world.codat.configurations,
    )

    answer = await over(product, generous)(session.id, a_merchant("m-1"))

    assert not answer.report.complete
    assert product.world.codat.companies[0].id == answer.report.company


def over(product: Product, codat: CodatGateway) -> ConfirmConnection:
    return ConfirmConnection(
        connector=product.connector,
        codat=codat,
        sessions=product.world.sessions,
        clock=product.world.clock,
    )


def company(product: Product, number: int, *statuses: ConnectionStatus) -> CompanyId:
    """One more company that Codat made for m-1, with both ends in each of *statuses*."""
    made = CompanyId(f"{number:08}-0000-4000-8000-000000000000")
    product.world.codat.companies.append(Company(id=made, name="m-1"))
    product.world.codat.connections_of[made] = [
        Connection(key=PlatformKey(key), source_type=SourceType.OTHER, status=status)
        for key in ("gbol", "lqai")
        for status in statuses
    ]
    product.world.codat.configurations[made] = SyncConfiguration(enabled=True, configured=True)
    return made


async def test_of_several_companies_the_complete_one_counts(product: Product) -> None:
    company(product, 1)
    complete = company(product, 2, ConnectionStatus.LINKED)
    company(product, 3, ConnectionStatus.PENDING_AUTH)
    session = await product.opened()

    answer = await product.confirm_connection(session.id, a_merchant())

    assert complete == answer.report.company == answer.session.company


async def test_of_several_incomplete_companies_the_newest_is_reported(product: Product) -> None:
    company(product, 1, ConnectionStatus.UNLINKED)
    newest = company(product, 2, ConnectionStatus.DEAUTHORIZED)
    session = await product.opened()

    answer = await product.confirm_connection(session.id, a_merchant())

    assert newest == answer.report.company
    assert ConnectionStatus.DEAUTHORIZED is answer.report.choice


async def test_while_a_redirect_is_being_prepared_nothing_is_completed(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    before = await product.stored(session)
    starting = before.begin_redirect(
        product.world.ids.redirect(), now=product.world.clock.now(), actor="merchant"
    )
    await product.world.sessions.save(before, starting)

    answer = await product.confirm_connection(session.id, a_merchant())

    assert answer.report.complete
    assert starting == answer.session == await product.stored(session)


async def test_where_codat_cannot_say_nothing_changes(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")

    for operation in ("find_companies", "connections", "configuration"):
        product.world.codat.fail_next(operation, CodatTimedOut())
        with pytest.raises(CodatTimedOut):
            await product.confirm_connection(session.id, a_merchant())

    assert session == await product.stored(session)


async def test_what_cannot_be_recorded_is_not_reported_as_done(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    product.world.sessions.writes_left = 0

    with pytest.raises(StorageUnavailable):
        await product.confirm_connection.note_return(session.id, a_merchant())
    with pytest.raises(StorageUnavailable):
        await product.confirm_connection(session.id, a_merchant())


async def test_whoever_looks_finds_it_completed_as_soon_as_codat_says_so(
    product: Product,
) -> None:
    session = await sent_away(product)
    confirm = product.confirm_connection
    before = await confirm.as_it_stands(session.id, BACKEND)

    product.world.codat.finish_sync_flow("m-1", "gbol")
    product.world.clock.advance(2)
    after = await confirm.as_it_stands(session.id, BACKEND)

    assert SyncSessionStatus.REDIRECTED is before.session.status
    assert SyncSessionStatus.COMPLETED is after.session.status
    assert after.session == await product.stored(session)


async def test_asking_again_and_again_costs_little_and_the_less_the_longer_ago(
    product: Product,
) -> None:
    session = await sent_away(product)
    confirm, codat = product.confirm_connection, product.world.codat

    for _ in range(100):
        await confirm.as_it_stands(session.id, BACKEND)
    assert 1 == codat.calls["find_companies"]
    product.world.clock.advance(3600)
    for _ in range(178):
        await confirm.as_it_stands(session.id, BACKEND)
        product.world.clock.advance(1)

    assert 2 == codat.calls["find_companies"]


async def test_who_was_never_sent_away_or_is_done_costs_nothing(product: Product) -> None:
    opened = await product.opened("m-1")
    session = await sent_away(product, "m-2")
    product.world.codat.finish_sync_flow("m-2", "gbol")
    confirm = product.confirm_connection
    done = await confirm.as_it_stands(session.id, BACKEND)
    product.world.clock.advance(3600)

    await confirm.as_it_stands(session.id, BACKEND)
    await confirm.as_it_stands(opened.id, BACKEND)

    assert SyncSessionStatus.COMPLETED is done.session.status
    assert 1 == product.world.codat.calls["find_companies"]


async def test_while_codat_is_away_things_stand_as_they_stood(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.fail_always("find_companies", CodatTimedOut())

    stands = await product.confirm_connection.as_it_stands(session.id, BACKEND)

    assert (session, None) == (stands.session, stands.report)


async def test_somebody_elses_session_does_not_stand_at_all(product: Product) -> None:
    session = await sent_away(product)

    with pytest.raises(SyncSessionUnknown):
        await product.confirm_connection.as_it_stands(session.id, a_merchant("m-2"))


async def test_of_two_who_find_it_completed_at_once_both_are_told(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    other = attrs.evolve(product.confirm_connection)

    async def meanwhile() -> None:
        product.world.codat.interruptions.clear()
        await other(session.id, BACKEND)

    product.world.codat.interruptions["configuration"] = meanwhile
    stands = await product.confirm_connection.as_it_stands(session.id, BACKEND)

    assert SyncSessionStatus.COMPLETED is stands.session.status
    assert stands.session == await product.stored(session)


async def test_what_is_remembered_of_who_asked_has_an_end(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.use_cases.confirm_connection.MOST_REMEMBERED", 1)
    first, second = await sent_away(product), await sent_away(product, "m-2")
    confirm = product.confirm_connection

    for session in (first, second, first):
        await confirm.as_it_stands(session.id, BACKEND)

    assert 3 == product.world.codat.calls["find_companies"]


async def managed(product: Product) -> SyncSession:
    """A completed sync session whose merchant went to Codat again, to manage it."""
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    await product.confirm_connection(session.id, BACKEND)
    await product.redirected(session)
    return await product.stored(session)


async def test_who_manages_a_connection_is_believed_only_when_codat_is_asked_again(
    product: Product,
) -> None:
    session = await managed(product)

    stands = await product.confirm_connection.as_it_stands(session.id, BACKEND)

    assert SyncSessionStatus.COMPLETED is session.status
    assert not session.stands
    assert stands.session.stands
    assert [Happening.COMPLETED] == happenings(stands.session)[session.version :]


async def test_what_was_disconnected_meanwhile_is_not_called_connected(product: Product) -> None:
    session = await managed(product)
    company = product.world.codat.companies[0].id
    product.world.codat.connections_of[company] = []

    stands = await product.confirm_connection.as_it_stands(session.id, BACKEND)

    assert SyncSessionStatus.OPEN is stands.session.status
    assert Happening.DISCONNECTED is stands.session.timeline[-1].what
    assert stands.session == await product.stored(session)
    assert await product.redirected(session)


async def test_what_codat_said_last_is_told_again_without_asking(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    confirm = product.confirm_connection

    first = await confirm.as_it_stands(session.id, BACKEND)
    second = await confirm.as_it_stands(session.id, BACKEND)

    assert first == second
    assert 1 == product.world.codat.calls["find_companies"]


async def test_a_full_disk_keeps_nobody_from_looking(product: Product) -> None:
    session = await sent_away(product)
    product.world.codat.finish_sync_flow("m-1", "gbol")
    product.world.sessions.writes_left = 0

    stands = await product.confirm_connection.as_it_stands(session.id, BACKEND)

    assert session == stands.session
