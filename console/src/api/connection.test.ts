import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";

describe("Connection", () => {
  let responses: (number | "none")[] = [];
  let requests = 0;

  beforeEach(() => {
    vi.useFakeTimers();
    requests = 0;
    vi.stubGlobal("fetch", () => {
      requests += 1;
      const status = responses.shift() ?? "none";
      return status === "none"
        ? Promise.reject(new TypeError("Failed to fetch"))
        : Promise.resolve(new Response(null, { status }));
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("polls the server until a service responds, and then stops", async () => {
    const connection = new Connection();
    const changes: boolean[] = [];
    connection.subscribe(() => changes.push(connection.isLost()));
    responses = ["none", 502, 200];
    connection.markLost();
    let restored = false;
    void connection.whenRestored().then(() => (restored = true));
    await vi.advanceTimersByTimeAsync(4000);
    expect([requests, connection.isLost(), restored]).toEqual([2, true, false]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([requests, connection.isLost(), restored]).toEqual([3, false, true]);
    expect(changes).toEqual([true, false]);
  });

  it("is lost after a 503, and restored by any other response", async () => {
    const connection = new Connection();
    connection.report(503);
    expect(connection.isLost()).toBe(true);
    connection.report(401);
    expect(connection.isLost()).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests).toBe(0);
  });
});
