import { useSyncExternalStore } from "react";

const TICK_MILLISECONDS = 10_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MILLISECONDS);
  return () => clearInterval(timer);
}

function snapshot(): number {
  return Math.floor(Date.now() / TICK_MILLISECONDS) * TICK_MILLISECONDS;
}

/** The time in milliseconds, a tick behind at most; whoever shows it is drawn anew with each tick. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}
