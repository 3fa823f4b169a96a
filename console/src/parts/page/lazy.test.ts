import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connection } from "../../api/connection";
import { reloadWhenConnected } from "./lazy";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reloads only if the server answers now, not after a late response", async () => {
  const reload = vi.fn();
  let online = false;
  vi.stubGlobal("window", { location: { reload } });
  vi.stubGlobal("fetch", () =>
    online
      ? Promise.resolve(new Response(null, { status: 200 }))
      : Promise.reject(new TypeError("Failed to fetch")),
  );
  void reloadWhenConnected();
  connection.report(200);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reload).not.toHaveBeenCalled();
  online = true;
  await vi.advanceTimersByTimeAsync(4000);
  expect(reload).toHaveBeenCalledOnce();
});
