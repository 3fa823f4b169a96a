import i18next from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { initReactI18next } from "react-i18next";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { en } from "../../i18n/en";
import { type Column, DataTable } from "./data-table";
import { Ago, Ends } from "../text/time";

beforeAll(() =>
  i18next.use(initReactI18next).init({
    lng: "en",
    resources: { en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
  } as Parameters<typeof i18next.init>[0]),
);

describe("a table", () => {
  const columns: Column<{ name: string; pulls: number }>[] = [
    { key: "name", title: "Name", sort: "name", cell: (row) => row.name },
    { key: "pulls", title: "Pulls", number: true, cell: (row) => row.pulls },
  ];
  const rows = [{ name: "<script>alert(1)</script>", pulls: 3 }];
  const drawn = (sort: string) =>
    renderToStaticMarkup(
      <DataTable
        label="Rows"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.name}
        sort={sort}
        onSort={() => undefined}
      />,
    );

  it("says by which column it is sorted, and lets only those be chosen that can be", () => {
    expect(drawn("-name")).toContain('aria-sort="descending"');
    expect(drawn("name")).toContain('aria-sort="ascending"');
    expect(drawn("")).not.toContain("aria-sort");
    expect(drawn("name").match(/class="sort"/g)).toHaveLength(1);
  });

  it("names each value on a phone, where it has no head, and shows what people wrote as text", () => {
    expect(drawn("name")).toContain('data-title="Pulls"');
    expect(drawn("name")).not.toContain("<script>");
  });
});

describe("a time", () => {
  it("shows how long ago it was, with the exact one behind it", () => {
    vi.setSystemTime(new Date("2026-11-24T09:30:00Z"));
    const shown = renderToStaticMarkup(<Ago at="2026-11-24T06:00:00Z" />);
    expect(shown).toMatch(
      /^<time dateTime="2026-11-24T06:00:00Z" title="24 November 2026[^"]+">3 hours ago<\/time>$/,
    );
    expect(renderToStaticMarkup(<Ago at={null} />)).toBe("Never");
    expect(renderToStaticMarkup(<Ago at="2026-11-24T09:29:50Z" />)).toContain("just now");
    vi.useRealTimers();
  });

  it("says of a secret that it has ended", () => {
    expect(renderToStaticMarkup(<Ends at="2020-01-01T00:00:00Z" />)).toContain(
      "Expired 1 Jan 2020",
    );
    expect(renderToStaticMarkup(<Ends at={null} />)).toBe("Never expires");
  });
});
