"""
The redirect as one would write it in an afternoon, with Codat's official SDK.

Not a straw man: one SDK client for all requests, a timeout, no retries of a call that has
effects, no database connection held while Codat is asked, every redirect on the disk before
it is answered.
"""

import datetime as dt
import hmac
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from codat_sync_for_commerce import CodatSyncCommerce
from codat_sync_for_commerce.models import shared
from fastapi import FastAPI, Header, HTTPException
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class SyncSession(Base):
    """What a merchant chose."""

    __tablename__ = "sync_sessions"
    id: Mapped[str] = mapped_column(primary_key=True)
    merchant_identifier: Mapped[str] = mapped_column(index=True)
    platform_key: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")


class Redirect(Base):
    """When a merchant was sent to Codat."""

    __tablename__ = "redirects"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sync_sessions.id"), index=True)
    at: Mapped[dt.datetime]


engine = create_async_engine(os.environ.get("NAIVE_DATABASE_URL", "sqlite+aiosqlite://"))
database = async_sessionmaker(engine, expire_on_commit=False)
codat = CodatSyncCommerce(
    security=shared.Security(auth_header=os.environ.get("NAIVE_AUTH_HEADER", "Basic")),
    server_url=os.environ.get("NAIVE_CODAT_URL", "https://api.codat.io"),
    timeout_ms=5000,
    retry_config=None,
)
operator_key = os.environ.get("NAIVE_OPERATOR_KEY", "")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
    """Make the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/sync-sessions/{session_id}/redirect")
async def redirect(
    session_id: str, authorization: Annotated[str, Header()] = ""
) -> dict[str, str | None]:
    """Fetch a sync flow URL, note it, and answer with it."""
    if not hmac.compare_digest(authorization, f"Bearer {operator_key}"):
        raise HTTPException(401)
    async with database() as reading:
        chosen = await reading.get(SyncSession, session_id)
    if chosen is None:
        raise HTTPException(404)
    link = await codat.connections.get_sync_flow_url_async(
        request={
            "commerce_key": "lqai",
            "accounting_key": chosen.platform_key,
            "merchant_identifier": chosen.merchant_identifier,
        }
    )
    if link is None:
        raise HTTPException(502)
    async with database.begin() as writing:
        chosen.status = "redirected"
        await writing.merge(chosen)
        now = dt.datetime.now(dt.UTC)  # noqa: TID251  # the naive have no clock port
        writing.add(Redirect(session_id=session_id, at=now))
    return {"url": link.url}
