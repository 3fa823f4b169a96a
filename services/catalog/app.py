"""Puts the catalog service together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from libs.common import db, service
from libs.common.jwt import SessionVerifier
from libs.common.passwords import Busy, PasswordHasher
from services.catalog.accounts.routes import router as accounts
from services.catalog.audit.routes import router as audit
from services.catalog.docker_users.routes import router as docker_users
from services.catalog.grants.routes import router as grants
from services.catalog.hashing import tell_busy
from services.catalog.namespaces.routes import router as namespaces
from services.catalog.repositories.routes import router as repositories
from services.catalog.settings import Settings

DESCRIPTION = "Accounts, Docker users, namespaces, grants, repositories and images: what people manage."


def create_app(settings: Settings) -> FastAPI:
    """The service's app. Nothing connects or starts before its lifespan does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hasher = PasswordHasher()
        app.state.hasher = hasher
        try:
            yield
        finally:
            hasher.close()

    engine = db.create_engine(settings.database_url.get_secret_value(), application_name="moorage-catalog")
    app = service.build(title="Moorage catalog", description=DESCRIPTION, engine=engine, lifespan=lifespan)
    app.state.settings = settings
    app.state.session_verifier = SessionVerifier(settings.session_public_keys)
    app.add_exception_handler(Busy, tell_busy)
    api = APIRouter(prefix="/api/v1")
    for router in (accounts, docker_users, namespaces, grants, repositories, audit):
        api.include_router(router)
    app.include_router(api)
    return app
