import { useSyncExternalStore } from "react";
import { session } from "../../api/session";

/** Whether whoever is signed in administers the registry. */
export function useAdmin(): boolean {
  const state = useSyncExternalStore(session.subscribe, session.state);
  return state.kind === "account" && state.account.role === "admin";
}
