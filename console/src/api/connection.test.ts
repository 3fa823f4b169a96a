import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";

describe("Connection", () => {
  let answers: (number | "nothing")[] = [];
  let asked = 0;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = 0;
    vi.stubGlobal("fetch", () => {
      asked += 1;
      const answer = answers.shift() ?? "nothing";
      return answer === "nothing"
        ? Promise.reject(new TypeError("Failed to fetch"))
        : Promise.resolve(new Response(null, { status: answer }));
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is asked for until the services answer again, and not longer", async () => {
    const connection = new Connection();
    const heard: boolean[] = [];
    connection.subscribe(() => heard.push(connection.isLost()));
    answers = ["nothing", 502, 200];
    connection.lose();
    let found = false;
    void connection.found().then(() => (found = true));
    await vi.advanceTimersByTimeAsync(4000);
    expect([asked, connection.isLost(), found]).toEqual([2, true, false]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked, connection.isLost(), found]).toEqual([3, false, true]);
    expect(heard).toEqual([true, false]);
  });

  it("is lost behind a gateway that reaches nothing, and found by any answer of a service", async () => {
    const connection = new Connection();
    connection.met(503);
    expect(connection.isLost()).toBe(true);
    connection.met(401);
    expect(connection.isLost()).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(0);
  });
});
