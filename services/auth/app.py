"""Wires the auth service."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog
from fastapi import FastAPI

from libs.common.db import audit
from libs.common.db.engine import POOL_SIZE, Engine, create_engine, is_unreachable
from libs.common.db.key_use import CHANNEL as KEY_USE_CHANNEL
from libs.common.db.refusals import RefusalRecorder
from libs.common.disk import FreeSpace
from libs.common.registry.token_verification import RegistryTokenVerifier
from libs.common.security.jwt import SessionVerifier, load_signing_keys
from libs.common.security.keys import SigningKeys
from libs.common.security.passwords import PasswordHasher
from libs.common.tasks.background import Work, every, running
from libs.common.tasks.cleaning import Cleaner
from libs.common.tasks.measuring import Measurements
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.auth.access_tokens import queries as access_token_queries
from services.auth.access_tokens import routes as access_tokens
from services.auth.api_keys import queries as api_key_queries
from services.auth.api_keys import routes as api_keys
from services.auth.cache.listener import InvalidationListener
from services.auth.denials import queries as denial_queries
from services.auth.denials import routes as denials
from services.auth.denials.usecases import DenialRecorder
from services.auth.explain import routes as explain
from services.auth.gate import quotas
from services.auth.gate.marks import Marks
from services.auth.gate.quotas import FullNamespaces
from services.auth.gate.routes import PATH as GATE_PATH
from services.auth.gate.routes import GateApp
from services.auth.gate.touches import TouchRecorder
from services.auth.gate.usecases import Gate
from services.auth.last_used import queries as last_used_queries
from services.auth.last_used.usecases import LastUsedRecorder
from services.auth.passwords import queries as password_queries
from services.auth.passwords.usecases import PasswordLogin
from services.auth.refresh_tokens import queries as refresh_token_queries
from services.auth.registry_tokens import routes as registry_tokens
from services.auth.registry_tokens.access_cache import AccessCache
from services.auth.registry_tokens.signer import TokenSigner
from services.auth.registry_tokens.usecases import TokenIssuer
from services.auth.sessions import queries as session_queries
from services.auth.sessions import routes as sessions
from services.auth.sessions.usecases import SessionService
from services.auth.settings import Settings
from services.auth.tables import audit_entries

DESCRIPTION = (
    "Who are you, and what may you do: registry tokens for Docker clients, sessions for the JSON "
    "API."
)
DELETE_ENDED_SECONDS = 300.0
_FLUSH_SECONDS = 1.0
_GATE_POOL_SIZE = 2
_log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """Build the auth service with its keys, engine, and caches.

    The service's background work runs while the app's lifespan is open.
    """
    url = settings.database_url.get_secret_value()
    engine = create_engine(url, application_name="moorage auth")
    hasher = PasswordHasher()
    refusals = RefusalRecorder(engine, audit_entries)
    login = PasswordLogin(
        engine,
        hasher,
        refusals,
        failures=settings.login_failures,
        address_failures=settings.address_login_failures,
        window_seconds=settings.login_window_seconds,
    )
    recorder = LastUsedRecorder(
        engine,
        write_refresh_tokens=partial(
            refresh_token_queries.record_uses,
            lifetime=timedelta(days=settings.refresh_token_days),
        ),
    )
    denial_recorder = DenialRecorder(engine)
    listener = InvalidationListener(url)
    listener.on_notification(KEY_USE_CHANNEL, recorder.record_api_key)
    cache = AccessCache(engine, listener)
    free_space = FreeSpace(settings.disks, min_free_bytes=settings.min_free_bytes)
    # The gate must renew its lease also while requests use all other connections.
    gate_engine = create_engine(url, application_name="auth gate", pool_size=_GATE_POOL_SIZE)
    marks = Marks(gate_engine, listener)
    touches = TouchRecorder(gate_engine)
    full_namespaces = FullNamespaces(gate_engine)
    gate = Gate(
        engine=engine,
        verifier=RegistryTokenVerifier(
            settings.token_ca, issuer=settings.issuer, service=settings.service
        ),
        marks=marks,
        touches=touches,
        full_namespaces=full_namespaces,
        free_space=free_space,
    )
    keys = SigningKeys(settings.secrets_dir / "token-keys")

    cleaner = Cleaner(engine, partial(audit.delete_old, schema="auth", days=settings.audit_days))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await asyncio.to_thread(free_space.measure)
            await marks.start()
            await full_namespaces.load()
            async with running(
                (
                    listener.run,
                    free_space.run,
                    every(_FLUSH_SECONDS, recorder.flush),
                    every(_FLUSH_SECONDS, denial_recorder.flush),
                    marks.follow,
                    marks.keep_lease,
                    every(_FLUSH_SECONDS, touches.flush),
                    every(quotas.SECONDS, full_namespaces.load),
                    every(DELETE_ENDED_SECONDS, _delete_ended(engine)),
                    cleaner.run,
                    Measurements(engine).run,
                )
            ):
                yield
        finally:
            await recorder.flush()
            await denial_recorder.flush()
            await touches.flush()
            await gate_engine.dispose()
            hasher.close()

    app = service.build(
        title="Moorage auth",
        description=DESCRIPTION,
        engine=engine,
        refusals=refusals,
        connections=2 * (POOL_SIZE + _GATE_POOL_SIZE) + 1,  # and the invalidation listener
        body_limits={sessions.PATH: sessions.MAX_BODY},
        lifespan=lifespan,
        front={**registry_tokens.FRONT, (None, GATE_PATH): service.counted(GateApp(gate))},
    )
    provide(
        app,
        settings,
        keys,
        listener,
        SessionVerifier(settings.secrets_dir / "session-keys"),
        _token_issuer(settings, engine, cache, login, recorder, denial_recorder, refusals, keys),
        _session_service(settings, engine, login, refusals),
    )
    app.include_router(registry_tokens.router)
    app.include_router(sessions.router)
    for router in (api_keys.router, access_tokens.router, explain.router, denials.router):
        app.include_router(router, dependencies=SIGNED_IN_ONLY)
    return app


def _delete_ended(engine: Engine) -> Work:
    """Return the work that deletes the rows of each noun that can no longer be used."""

    async def delete_ended() -> None:
        for delete in (
            password_queries.delete_ended,
            session_queries.delete_ended,
            refresh_token_queries.delete_ended,
            access_token_queries.delete_ended,
            api_key_queries.delete_ended,
            last_used_queries.delete_ended,
            denial_queries.delete_ended,
        ):
            try:
                async with engine.begin() as tx:
                    await delete(tx)
            except Exception as error:
                if not is_unreachable(error):
                    raise
                _log.warning("ended rows not deleted", reason=type(error).__name__)

    return delete_ended


def _token_issuer(
    settings: Settings,
    engine: Engine,
    cache: AccessCache,
    login: PasswordLogin,
    recorder: LastUsedRecorder,
    denial_recorder: DenialRecorder,
    refusals: RefusalRecorder,
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
        cache=cache,
        login=login,
        signer=signer,
        recorder=recorder,
        denials=denial_recorder,
        refusals=refusals,
        service=settings.service,
        anonymous_pull=settings.anonymous_pull,
        refresh_token_lifetime=timedelta(days=settings.refresh_token_days),
    )


def _session_service(
    settings: Settings, engine: Engine, login: PasswordLogin, refusals: RefusalRecorder
) -> SessionService:
    directory = settings.secrets_dir / "session-keys"
    newest_first = sorted(directory.glob("*.pem"), reverse=True)
    return SessionService(
        engine=engine,
        login=login,
        refusals=refusals,
        key=load_signing_keys(directory, typ="at+jwt")[0],
        rotation_keys=[
            hashlib.sha256(b"refresh cookie" + path.read_bytes()).digest() for path in newest_first
        ],
        lifetime=timedelta(days=settings.session_days),
        max_sessions=settings.max_sessions,
    )
