// Written by `npm run types` from docs/openapi/auth.json.
export interface paths {
    "/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Token
         * @description Issue a registry token for the requested scopes.
         *
         *     Send the Docker user's name and password as Basic credentials; without them, the request is
         *     anonymous.
         */
        get: operations["get_token"];
        put?: never;
        /**
         * Post Token
         * @description Issue a registry token by the OAuth2 variant, for a password or a refresh token.
         */
        post: operations["post_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Jwks
         * @description Return the public keys of registry tokens, newest first (RFC 7517).
         */
        get: operations["get_jwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Session
         * @description Sign in: the response contains an access token, and sets an HttpOnly refresh cookie.
         */
        post: operations["create_session"];
        /**
         * Delete Sessions
         * @description Sign out everywhere: end all sessions of the account.
         */
        delete: operations["delete_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh Session
         * @description Exchange the refresh cookie for a new access token and a new cookie.
         *
         *     Without the cookie, the response is a 204.
         */
        post: operations["refresh_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Current Session
         * @description Sign out: end the session, its access tokens, and its cookie.
         */
        delete: operations["delete_current_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Api Keys
         * @description List the account's API keys, newest first, without their secrets.
         *
         *     For an administrator, the list contains the keys of every account.
         */
        get: operations["list_api_keys"];
        put?: never;
        /**
         * Create Api Key
         * @description Create an API key. Only this response contains the secret.
         */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Api Key
         * @description Delete an API key, which ends it at once.
         */
        delete: operations["delete_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker-users/{username}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tokens
         * @description List the Docker user's access tokens and logins, newest first, without their secrets.
         */
        get: operations["list_tokens"];
        put?: never;
        /**
         * Create Token
         * @description Create an access token, to use as the password of `docker login`.
         *
         *     Only this response contains the secret. A new password of the Docker user does not end the
         *     token. It is refused while the Docker user or its account is disabled, and ends when it expires,
         *     is revoked, or the Docker user is deleted.
         */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker-users/{username}/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Token
         * @description Revoke an access token or a login at once. The logins of an access token end with it.
         */
        delete: operations["delete_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/access/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain Access
         * @description Explain whether a Docker user or an anonymous client can pull, push, or delete, and why.
         *
         *     The owner of a namespace uses it when Docker reports only "denied". A Docker user of another
         *     account that has no grant in the namespace gets the same answer as an unknown name: what every
         *     Docker user without a grant may do.
         */
        get: operations["explain_access"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/denials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Denials
         * @description List what was denied to Docker clients in the namespace in the last seven days, newest first.
         *
         *     Equal denials are one item, with their number. A namespace lists at most 20 items per client and
         *     500 in all. A denial appears within a few seconds.
         */
        get: operations["list_denials"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccountOut
         * @description The account that is signed in.
         */
        AccountOut: {
            /**
             * Username
             * @example admin
             */
            username: string;
            /**
             * Role
             * @example admin
             * @enum {string}
             */
            role: "admin" | "member";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
        };
        /**
         * ApiKeyCreate
         * @description A new API key.
         */
        ApiKeyCreate: {
            /**
             * Name
             * @example deploy pipeline
             */
            name: string;
            /**
             * Permission
             * @description `read`: GET only; `write`: all but keys, passwords, tokens, Docker users, and accounts
             * @example read
             * @enum {string}
             */
            permission: "read" | "write";
            /**
             * Expires At
             * @description when the key expires; without it, never
             */
            expires_at?: string | null;
        };
        /**
         * ApiKeyOut
         * @description An API key, without its secret.
         */
        ApiKeyOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Account
             * @description the account that owns the key
             * @example acme
             */
            account: string;
            /**
             * Name
             * @example deploy pipeline
             */
            name: string;
            /**
             * Permission
             * @example read
             * @enum {string}
             */
            permission: "read" | "write";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Last Used At */
            last_used_at: string | null;
            /**
             * Last Used From
             * @example 192.0.2.7
             */
            last_used_from: string | null;
        };
        /**
         * DenialOut
         * @description Denials of one client, repository, action, and rule.
         */
        DenialOut: {
            /**
             * Client
             * @description `other_account`: a Docker user of another account without a grant; its name is not shown
             * @example docker_user
             * @enum {string}
             */
            client: "docker_user" | "other_account" | "anonymous";
            /**
             * Docker User
             * @description null for anonymous clients and other accounts
             * @example ci-builder
             */
            docker_user: string | null;
            /**
             * Repository
             * @example team/app
             */
            repository: string;
            /**
             * Action
             * @description the strongest action that was requested and denied
             * @example push
             * @enum {string}
             */
            action: "pull" | "push" | "delete";
            /**
             * Rule
             * @description `limited_token`: the access token allows less than the grant
             * @example no_grant
             * @enum {string}
             */
            rule: "anonymous" | "no_grant" | "limited_token" | "name_reserved";
            /**
             * Occurrences
             * @description how many tokens lacked the action
             * @example 3
             */
            occurrences: number;
            /**
             * Since
             * Format: date-time
             * @description the first of these denials
             */
            since: string;
            /**
             * Last At
             * Format: date-time
             * @description the last of these denials
             */
            last_at: string;
        };
        /**
         * ExplanationOut
         * @description Whether a token would allow the action, and why.
         */
        ExplanationOut: {
            /**
             * Allowed
             * @description whether a registry token issued now would allow the action
             * @example false
             */
            allowed: boolean;
            /**
             * Rule
             * @description the rule that decides
             * @example no_grant
             * @enum {string}
             */
            rule: "public" | "granted" | "no_grant" | "weaker_grant" | "user_disabled" | "user_unknown" | "anonymous" | "name_reserved";
            /**
             * Reason
             * @description why, and what to change if the action is denied
             * @example 'team' is private, and 'ci-builder' has no grant in it. Add a `pull` grant.
             */
            reason: string;
        };
        /**
         * JsonWebKey
         * @description A public key (RFC 7517).
         */
        JsonWebKey: {
            /**
             * Kty
             * @example EC
             */
            kty: string;
            /**
             * Crv
             * @example P-256
             */
            crv: string;
            /**
             * X
             * @description base64url, 32 bytes
             */
            x: string;
            /**
             * Y
             * @description base64url, 32 bytes
             */
            y: string;
            /**
             * Alg
             * @example ES256
             */
            alg: string;
            /**
             * Use
             * @example sig
             */
            use: string;
            /**
             * Kid
             * @description thumbprint (RFC 7638)
             */
            kid: string;
        };
        /**
         * JsonWebKeySet
         * @description The public keys of registry tokens.
         */
        JsonWebKeySet: {
            /** Keys */
            keys: components["schemas"]["JsonWebKey"][];
        };
        /**
         * NewApiKeyOut
         * @description A new API key with its secret. No other response contains the secret.
         */
        NewApiKeyOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Account
             * @description the account that owns the key
             * @example acme
             */
            account: string;
            /**
             * Name
             * @example deploy pipeline
             */
            name: string;
            /**
             * Permission
             * @example read
             * @enum {string}
             */
            permission: "read" | "write";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Last Used At */
            last_used_at: string | null;
            /**
             * Last Used From
             * @example 192.0.2.7
             */
            last_used_from: string | null;
            /**
             * Secret
             * @example mak_…
             */
            secret: string;
        };
        /**
         * NewTokenOut
         * @description A new access token with its secret. No other response contains the secret.
         */
        NewTokenOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Kind
             * @description `login`: a refresh token that a client such as `docker login` keeps
             * @enum {string}
             */
            kind: "access" | "login";
            /**
             * Name
             * @description of a login: the client's name
             * @example build server
             */
            name: string;
            /**
             * Permission
             * @description maximum permission
             * @example pull
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Last Used At */
            last_used_at: string | null;
            /**
             * Last Used From
             * @example 192.0.2.7
             */
            last_used_from: string | null;
            /**
             * Secret
             * @example mat_…
             */
            secret: string;
        };
        /** PageOut[ApiKeyOut] */
        PageOut_ApiKeyOut_: {
            /** Items */
            items: components["schemas"]["ApiKeyOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[DenialOut] */
        PageOut_DenialOut_: {
            /** Items */
            items: components["schemas"]["DenialOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[TokenOut] */
        PageOut_TokenOut_: {
            /** Items */
            items: components["schemas"]["TokenOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /**
         * RegistryError
         * @description One error in Distribution's format.
         */
        RegistryError: {
            /**
             * Code
             * @example UNAUTHORIZED
             */
            code: string;
            /**
             * Message
             * @example The username or password is wrong, or the user is disabled; check the credentials
             */
            message: string;
            /** Detail */
            detail?: string | null;
        };
        /**
         * RegistryErrors
         * @description Errors in Distribution's format.
         */
        RegistryErrors: {
            /** Errors */
            errors: components["schemas"]["RegistryError"][];
        };
        /**
         * RegistryTokenOut
         * @description A registry token (Distribution token spec, "Token Response Fields").
         */
        RegistryTokenOut: {
            /**
             * Token
             * @description the token, ES256 with x5c
             * @example eyJhbGciOiJFUzI1NiIs…
             */
            token: string;
            /**
             * Access Token
             * @description the same token
             * @example eyJhbGciOiJFUzI1NiIs…
             */
            access_token: string;
            /**
             * Expires In
             * @description seconds from `issued_at`
             * @example 300
             */
            expires_in: number;
            /**
             * Issued At
             * @description RFC 3339
             * @example 2026-11-24T07:00:00Z
             */
            issued_at: string;
            /**
             * Refresh Token
             * @description only if requested, see `offline_token` and `access_type`
             */
            refresh_token?: string | null;
            /**
             * Scope
             * @description POST only: the granted access
             * @example repository:team/app:pull
             */
            scope?: string | null;
        };
        /**
         * SessionIn
         * @description A user name and a password.
         */
        SessionIn: {
            /**
             * Username
             * @example admin
             */
            username: string;
            /**
             * Password
             * @example correct horse battery staple
             */
            password: string;
        };
        /**
         * SessionOut
         * @description An access token for the JSON API, to send as `Authorization: Bearer …`.
         */
        SessionOut: {
            /**
             * Access Token
             * @description valid for `expires_in` seconds; ends with its session
             */
            access_token: string;
            /**
             * Token Type
             * @default Bearer
             * @constant
             */
            token_type: "Bearer";
            /**
             * Expires In
             * @description seconds
             * @example 300
             */
            expires_in: number;
            account: components["schemas"]["AccountOut"];
        };
        /**
         * TokenCreate
         * @description A new access token.
         */
        TokenCreate: {
            /**
             * Name
             * @example build server
             */
            name: string;
            /**
             * Permission
             * @description maximum permission; `push` includes `pull`, and `delete` includes `push`; the Docker user's grants still apply
             * @example pull
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Expires At
             * @description when the token expires; without it, never
             */
            expires_at?: string | null;
        };
        /**
         * TokenOut
         * @description An access token or a login, without its secret.
         */
        TokenOut: {
            /**
             * Id
             * Format: uuid
             */
            id: string;
            /**
             * Kind
             * @description `login`: a refresh token that a client such as `docker login` keeps
             * @enum {string}
             */
            kind: "access" | "login";
            /**
             * Name
             * @description of a login: the client's name
             * @example build server
             */
            name: string;
            /**
             * Permission
             * @description maximum permission
             * @example pull
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /** Last Used At */
            last_used_at: string | null;
            /**
             * Last Used From
             * @example 192.0.2.7
             */
            last_used_from: string | null;
        };
        /**
         * FieldProblem
         * @description A field that breaks a rule.
         */
        FieldProblem: {
            /**
             * Field
             * @description Path of the field, such as `retention[0].tags`.
             * @example password
             */
            field: string;
            /**
             * Message
             * @description The rule that it breaks.
             * @example String should have at least 8 characters
             */
            message: string;
        };
        /**
         * Problem
         * @description An error response (RFC 9457). `code` is stable; `detail` is for people and can change.
         */
        Problem: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /**
             * Title
             * @example The object does not exist, or you cannot see it; check its name
             */
            title: string;
            /**
             * Status
             * @example 404
             */
            status: number;
            /**
             * Code
             * @example not_found
             */
            code: string;
            /**
             * Detail
             * @example There is no namespace 'team'.
             */
            detail: string;
            /**
             * Errors
             * @description On a validation error: the first 20 invalid fields. `detail` says how many more there are.
             * @default null
             */
            errors: components["schemas"]["FieldProblem"][] | null;
            /**
             * Available At
             * @description On `name_reserved`: when the name becomes available (UTC).
             * @default null
             */
            available_at: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_token: {
        parameters: {
            query?: {
                /**
                 * @description the registry's name, from its challenge
                 * @example moorage
                 */
                service?: string;
                /**
                 * @description `repository:{path}:{actions}`, or `registry:catalog:*` for the list of repositories; may be repeated
                 * @example repository:team/app:pull
                 */
                scope?: string;
                /**
                 * @description ignored; the credentials name the Docker user
                 * @example alice
                 */
                account?: string;
                /**
                 * @description name of the client
                 * @example docker
                 */
                client_id?: string;
                /**
                 * @description `true` requests a refresh token, if the Docker user's `token_login` is on
                 * @example true
                 */
                offline_token?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A token; its `access` contains only what is allowed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryTokenOut"];
                };
            };
            /** @description The request names another service, lacks a field, or has more than 100 fields or parameters */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The credentials are wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The form is larger than 64 KiB */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description Too many logins, see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The database is unreachable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
        };
    };
    post_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    /** @enum {string} */
                    grant_type: "password" | "refresh_token";
                    /** @example moorage */
                    service: string;
                    /** @example containerd */
                    client_id?: string;
                    /** @example repository:team/app:pull */
                    scope?: string;
                    username?: string;
                    /** Format: password */
                    password?: string;
                    refresh_token?: string;
                    /** @enum {string} */
                    access_type?: "online" | "offline";
                };
            };
        };
        responses: {
            /** @description A token; its `access` contains only what is allowed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryTokenOut"];
                };
            };
            /** @description The request names another service, lacks a field, or has more than 100 fields or parameters */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The credentials are wrong */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The form is larger than 64 KiB */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description Too many logins, see Retry-After */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
            /** @description The database is unreachable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryErrors"];
                };
            };
        };
    };
    get_jwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JsonWebKeySet"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The username or password is wrong, or the user is disabled; check the credentials (`login_refused`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another site sent the request; send it from a page of this address (`cross_site_request`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many failed logins; try again later (`login_throttled`); Too many logins at once; try again in a moment (`logins_busy`) */
            429: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refresh_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /** @description There is no refresh cookie */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The session has ended; sign in again (`session_ended`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another site sent the request; send it from a page of this address (`cross_site_request`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_current_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_api_keys: {
        parameters: {
            query?: {
                /** @description list only the keys of this account (administrators) */
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_ApiKeyOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKeyOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The API key does not exist, or you cannot see it; check its id (`api_key_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: {
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_TokenOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The Docker user does not exist, or you do not own it; check the username (`docker_user_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewTokenOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The Docker user does not exist, or you do not own it; check the username (`docker_user_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The Docker user does not exist, or you do not own it; check the username (`docker_user_not_found`); The Docker user has no such token; check its id (`token_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_access: {
        parameters: {
            query: {
                /** @description `{namespace}/{name}` */
                repository: string;
                action: "pull" | "push" | "delete";
                /** @description name of the Docker user; without it, anonymous */
                docker_user?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplanationOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace does not exist, or you do not own it; check its name (`namespace_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_denials: {
        parameters: {
            query?: {
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_DenialOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace does not exist, or you do not own it; check its name (`namespace_not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
