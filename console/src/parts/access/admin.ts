import { useSyncExternalStore } from "react";
import { session } from "../../api/session";

/** Returns whether the signed-in account is an administrator. */
export function useIsAdmin(): boolean {
  const state = useSyncExternalStore(session.subscribe, session.state);
  return state.kind === "signed-in" && state.account.role === "admin";
}
