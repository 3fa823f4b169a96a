#!/bin/sh
# Runs the registry or the gateway in a container of Compose or Kubernetes, and stops it so that no
# request fails and no event is lost. The official images have only sh, awk, sed, and wget or curl.
#
#   sh run.sh registry|gateway CONFIGURATION
#
# SIGTERM, and for the gateway also SIGQUIT, stops the server in order:
#  - The gateway finishes its requests.
#  - The registry refuses new connections, finishes its requests, and delivers its queued events,
#    which are in its memory only, for DRAIN_SECONDS at most. If events are lost, it logs how many,
#    and Kubernetes shows the number as the message of the ended container.
# Who sends the signal must first take the container out of the endpoints. Until its gateways have
# noticed, the server must answer: in Kubernetes, a `preStop` of at least 10 s does both. Compose
# keeps the name of a container until it has ended, and the gateway tries the next one.
#
# The gateway loads a renewed certificate (MOORAGE_TLS_CERT, MOORAGE_TLS_KEY) within a minute.
#
# A server that does not answer three times in a row is killed, because an engine restarts only a
# container that ends. WATCH_SECONDS=0 leaves this to the probes of Kubernetes.
set -eu

part=$1
configuration=$2
host=${HOST:-127.0.0.1}
WATCH_SECONDS=${WATCH_SECONDS:-5}
DRAIN_SECONDS=${DRAIN_SECONDS:-60}
TERMINATION_LOG=${TERMINATION_LOG:-/dev/termination-log}

fetch() {
    if command -v curl >/dev/null; then
        curl -fsSkm 3 "$1"
    else
        timeout 3 wget -qO - "$1"
    fi
}

case $part in
registry)
    port=${PORT:-5000}
    debug_port=${DEBUG_PORT:-5001}
    registry serve "$configuration" &
    answers() { fetch "http://$host:$port/" >/dev/null 2>&1; }
    ;;
gateway)
    port=${PORT:-8080}
    nginx -e stderr -c "$configuration" &
    answers() {
        code=0
        curl -sm 3 -o /dev/null "http://$host:$port/healthz" || code=$?
        # 52 and 56: nginx closed the connection, as it does when too many are open.
        case $code in 0 | 52 | 56) true ;; *) false ;; esac
    }
    ;;
*)
    echo "run.sh: unknown part: $part" >&2
    exit 2
    ;;
esac
server=$!

watch() {
    answered=0 failures=0
    while sleep "$WATCH_SECONDS"; do
        if answers; then
            answered=1 failures=0
        else
            failures=$((failures + answered))
        fi
        if [ "$failures" -ge 3 ]; then
            echo "the $part does not answer: killing it" >&2
            kill -KILL "$server"
            exit
        fi
    done
}

certificate() { cat "$MOORAGE_TLS_CERT" "$MOORAGE_TLS_KEY" 2>/dev/null | cksum; }

# nginx reads the certificate when it starts, and again on SIGHUP. If it cannot load the new one, it
# keeps the old one.
reload() {
    loaded=$(certificate)
    while sleep 60; do
        found=$(certificate)
        if [ "$found" != "$loaded" ]; then
            kill -HUP "$server"
            loaded=$found
        fi
    done
}

# Prints the end of the server's address as /proc/net/tcp writes it. Without HOST, the server listens
# on every address of the container.
listening() {
    if [ -n "${HOST:-}" ]; then
        # shellcheck disable=SC2046 # four words
        printf '%02X%02X%02X%02X' $(echo "$host" | awk -F . '{ print $4, $3, $2, $1 }')
    fi
    printf ':%04X$' "$port"
}

# Prints how many connections are open, by column of /proc/net/tcp: 2 is the local address, 3 the
# remote one. A connection that the client has closed (08) can have a request that still runs.
connections() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v column="$1" -v end="$(listening)" \
            '($4 == "01" || $4 == "08") && $column ~ end { count++ } END { print count + 0 }'
}

pending_events() {
    fetch "http://$host:$debug_port/debug/vars" 2>/dev/null |
        sed -n 's/.*"Pending": *\([0-9][0-9]*\).*/\1/p' | head -n 1
}

# Starts a request whose body does not end. $holder is the process that has its connection.
start_endless_request() {
    if command -v curl >/dev/null; then
        sleep $((DRAIN_SECONDS + 30)) |
            curl -s -X POST -H Expect: -T - -o /dev/null "http://$host:$port/" &
    else
        {
            printf 'POST / HTTP/1.1\r\nHost: drain\r\nContent-Length: 1\r\n\r\n'
            sleep $((DRAIN_SECONDS + 30))
        } | nc "$host" "$port" >/dev/null &
    fi
    holder=$!
}

# Waits until the command "$@" succeeds, and fails after the time that is left for draining.
await() {
    until "$@"; do
        [ "$(date +%s)" -lt "$drain_until" ] || return 1
        sleep 0.1
    done
}
is_held() { [ "$(connections 3)" -ge 1 ] && answers; }
is_idle() { [ "$(connections 2)" -le 1 ]; }
is_drained() { [ "$(pending_events)" = 0 ]; }

# On SIGTERM, Distribution closes its port, finishes its requests, and ends without delivering the
# events of the last ones. A request that does not end keeps it from ending until they are delivered.
stop_registry() {
    drain_until=$(($(date +%s) + DRAIN_SECONDS))
    start_endless_request
    await is_held || true
    kill -TERM "$server"
    await is_idle || true
    if ! await is_drained; then
        lost=$(pending_events)
        message="the registry stops and loses ${lost:-an unknown number of} events"
        printf '{"level":"error","msg":"%s","lost_events":%s,"service":"registry"}\n' \
            "$message" "${lost:-null}" >&2
        [ ! -w "$TERMINATION_LOG" ] || echo "$message" >"$TERMINATION_LOG" || true
    fi
    # Distribution ends when the connection of the request does.
    kill -KILL "$holder" 2>/dev/null || true
    kill -TERM "$server" 2>/dev/null || true
}

stop() {
    kill "$watcher" 2>/dev/null || true
    kill "$reloader" 2>/dev/null || true
    case $part in
    registry) stop_registry ;;
    gateway) kill -QUIT "$server" ;;
    esac
}

watcher=
if [ "$WATCH_SECONDS" != 0 ]; then
    watch &
    watcher=$!
fi
reloader=
if [ "$part" = gateway ] && [ -n "${MOORAGE_TLS_CERT:-}" ]; then
    reload &
    reloader=$!
fi
if [ "$part" = gateway ]; then trap stop QUIT; fi
trap stop TERM
status=0
wait "$server" || status=$?
# A trapped signal interrupts the first wait. Otherwise the second one finds no process: 127.
again=0
wait "$server" || again=$?
[ "$again" -eq 127 ] || status=$again
kill "$watcher" 2>/dev/null || true
kill "$reloader" 2>/dev/null || true
exit "$status"
