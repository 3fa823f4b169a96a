import { useSyncExternalStore } from "react";

const TICK_MILLISECONDS = 10_000;

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MILLISECONDS);
  return () => clearInterval(timer);
}

function currentTick(): number {
  return Math.floor(Date.now() / TICK_MILLISECONDS) * TICK_MILLISECONDS;
}

/** Returns the time in milliseconds, rounded down to 10 s. The component renders on each tick. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, currentTick, currentTick);
}
