"""Wires the auth service together."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from libs.common.db.engine import Engine, create_engine
from libs.common.security.jwt import SessionVerifier, load_signing_keys
from libs.common.security.keys import SigningKeys
from libs.common.security.passwords import PasswordHasher
from libs.common.tasks.background import running
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.auth.access_tokens import routes as access_tokens
from services.auth.api_keys import routes as api_keys
from services.auth.explain import routes as access
from services.auth.last_used.usecases import LastUsedRecorder
from services.auth.passwords.usecases import PasswordLogin
from services.auth.registry_tokens import routes as registry_tokens
from services.auth.registry_tokens.access_cache import AccessCache
from services.auth.registry_tokens.signer import TokenSigner
from services.auth.registry_tokens.usecases import TokenIssuer
from services.auth.sessions import routes as sessions
from services.auth.sessions.usecases import SessionService
from services.auth.settings import Settings
from services.auth.write_gate.routes import PATH, WriteQuestion

DESCRIPTION = "Who are you, and what may you do: registry tokens for Docker clients, sessions for the JSON API."


def create_app(settings: Settings) -> FastAPI:
    """The auth service. Its keys, pools and memory are made here once; its background work runs while the app does."""
    url = settings.database_url.get_secret_value()
    engine = create_engine(url, application_name="moorage auth")
    hasher = PasswordHasher()
    login = PasswordLogin(
        engine,
        hasher,
        failures=settings.login_failures,
        window_seconds=settings.login_window_seconds,
    )
    recorder = LastUsedRecorder(engine, lifetime=timedelta(days=settings.refresh_token_days))
    memory = AccessCache(url, engine, recorder.api_key_used)
    keys = SigningKeys(settings.secrets_dir / "token-keys")

    @asynccontextmanager
    async def beside_requests(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with running((memory.link.run, recorder.run)):
                yield
        finally:
            await recorder.flush()
            hasher.close()

    app = service.build(
        title="Moorage auth",
        description=DESCRIPTION,
        engine=engine,
        lifespan=beside_requests,
        front={**registry_tokens.FRONT, (None, PATH): WriteQuestion(memory.writes)},
    )
    provide(
        app,
        keys,
        SessionVerifier(settings.secrets_dir / "session-keys"),
        _token_issuer(settings, engine, memory, login, recorder, keys),
        _session_service(settings, engine, login),
    )
    app.include_router(registry_tokens.router)
    app.include_router(sessions.router)
    for router in (api_keys.router, access_tokens.router, access.router):
        app.include_router(router, dependencies=SIGNED_IN_ONLY)
    return app


def _token_issuer(
    settings: Settings,
    engine: Engine,
    memory: AccessCache,
    login: PasswordLogin,
    recorder: LastUsedRecorder,
    keys: SigningKeys,
) -> TokenIssuer:
    signer = TokenSigner(
        keys.all,
        issuer=settings.issuer,
        service=settings.service,
        pull_seconds=settings.pull_token_seconds,
        push_seconds=settings.push_token_seconds,
    )
    return TokenIssuer(
        engine=engine,
        memory=memory,
        login=login,
        signer=signer,
        recorder=recorder,
        service=settings.service,
        anonymous_pull=settings.anonymous_pull,
        refresh_lifetime=timedelta(days=settings.refresh_token_days),
    )


def _session_service(settings: Settings, engine: Engine, login: PasswordLogin) -> SessionService:
    directory = settings.secrets_dir / "session-keys"
    newest = max(directory.glob("*.pem"))
    return SessionService(
        engine=engine,
        login=login,
        key=load_signing_keys(directory, typ="at+jwt")[0],
        rotation_key=hashlib.sha256(b"refresh cookie" + newest.read_bytes()).digest(),
        lifetime=timedelta(days=settings.session_days),
    )
