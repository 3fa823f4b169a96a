import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { connection } from "../api/connection";

/**
 * A part of the console that is loaded when it is first needed. Where that fails the connection is lost, or the console was
 * updated and the file is gone: once the server answers, the page is loaded anew.
 */
export function lazyPart<Props>(load: () => Promise<{ default: ComponentType<Props> }>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(() => load().catch(loadAnew));
}

/** Loads the page anew once the server answers; never resolves. */
export async function loadAnew(): Promise<never> {
  connection.lose();
  await connection.found();
  window.location.reload();
  return new Promise<never>(() => undefined);
}
