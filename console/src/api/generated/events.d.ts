// Written by `npm run types` from docs/openapi/events.json.
export interface paths {
    "/api/v1/pulls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Pulls
         * @description List how often images were pulled and checked over time.
         */
        get: operations["list_pulls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Events Status
         * @description Report the state of the event pipeline.
         */
        get: operations["get_events_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Dead Letters
         * @description List the deliveries that cannot be interpreted, the newest first.
         */
        get: operations["list_dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/dead-letters/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay Dead Letter
         * @description Replay a dead letter.
         *
         *     If it can be interpreted by now, its events count as if they had been delivered in time.
         */
        post: operations["replay_dead_letter"];
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
         * DeadLetterOut
         * @description A delivery, or one of its events, that cannot be interpreted.
         */
        DeadLetterOut: {
            /**
             * Id
             * @example 17
             */
            id: number;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /**
             * Reason
             * @example unknown action 'frobnicate'
             */
            reason: string;
            /**
             * Size Bytes
             * @description The number of stored bytes.
             * @example 512
             */
            size_bytes: number;
            /**
             * Raw
             * @description The first 4096 bytes as text. Bytes that are not UTF-8 are replaced.
             */
            raw: string;
        };
        /** PageOut[DeadLetterOut] */
        PageOut_DeadLetterOut_: {
            /** Items */
            items: components["schemas"]["DeadLetterOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /**
         * PointOut
         * @description One hour or day (UTC) with at least one pull or check.
         */
        PointOut: {
            /**
             * At
             * Format: date-time
             * @description The beginning of the hour or day, UTC.
             */
            at: string;
            /**
             * Pulls
             * @example 12
             */
            pulls: number;
            /**
             * Checks
             * @description HEAD requests: a client checked whether its image is still current.
             * @example 3
             */
            checks: number;
        };
        /**
         * PullsOut
         * @description Pulls over time.
         */
        PullsOut: {
            /**
             * Total
             * @description The pulls of all points together. Checks are not added to it.
             * @example 12
             */
            total: number;
            /**
             * Points
             * @description In the order of time, without hours or days in which nothing happened.
             */
            points: components["schemas"]["PointOut"][];
        };
        /**
         * ReplayOut
         * @description The result of a replay.
         */
        ReplayOut: {
            /**
             * Events
             * @description The number of events that were stored.
             * @example 1
             */
            events: number;
        };
        /**
         * StatusOut
         * @description The state of the event pipeline.
         */
        StatusOut: {
            /**
             * Pending
             * @description Pull events that are not counted yet.
             * @example 0
             */
            pending: number;
            /**
             * Lag Seconds
             * @description How long the oldest of them has waited.
             * @example 0
             */
            lag_seconds: number;
            /**
             * Last Event At
             * @description When the registry delivered the newest stored event; null if none is stored.
             */
            last_event_at: string | null;
            /**
             * Dead Letters
             * @description Deliveries and events that cannot be interpreted.
             * @example 0
             */
            dead_letters: number;
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
    list_pulls: {
        parameters: {
            query?: {
                /** @description The tag. If it is empty, pulls by digest alone. */
                tag?: string | null;
                /** @description The Docker user. If it is empty, anonymous pulls. */
                docker_user?: string | null;
                /** @description An RFC 3339 time with a zone. The hour that it falls into is the first. */
                from?: string | null;
                /** @description An RFC 3339 time with a zone. Hours that begin before it are included. */
                to?: string | null;
                /** @description Points for hours or days, UTC. */
                interval?: "hour" | "day";
                /** @description `namespace/name`. Without it, all repositories of the account. */
                repository?: string | null;
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
                    "application/json": components["schemas"]["PullsOut"];
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
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
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
    get_events_status: {
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
                    "application/json": components["schemas"]["StatusOut"];
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
    list_dead_letters: {
        parameters: {
            query?: {
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
                    "application/json": components["schemas"]["PageOut_DeadLetterOut_"];
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
    replay_dead_letter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
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
                    "application/json": components["schemas"]["ReplayOut"];
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
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The dead letter still cannot be interpreted; replay it after an upgrade (`not_replayable`) */
            409: {
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
