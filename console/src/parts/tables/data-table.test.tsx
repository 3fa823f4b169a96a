import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, it } from "vitest";
import { initEnglish } from "../../i18n/testing";
import { type Column, DataTable } from "./data-table";

beforeAll(initEnglish);

describe("DataTable", () => {
  const columns: Column<{ name: string; pulls: number }>[] = [
    { key: "name", title: "Name", sort: "name", cell: (row) => row.name },
    { key: "pulls", title: "Pulls", number: true, cell: (row) => row.pulls },
  ];
  const rows = [{ name: "<script>alert(1)</script>", pulls: 3 }];
  const render = (sort: string) =>
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

  it("marks the column by which it is sorted", () => {
    expect(render("-name")).toContain('aria-sort="descending"');
    expect(render("name")).toContain('aria-sort="ascending"');
    expect(render("")).not.toContain("aria-sort");
  });

  it("offers to sort only by sortable columns", () => {
    expect(render("name").match(/class="sort"/g)).toHaveLength(1);
  });

  it("names the column of each value, for phones", () => {
    expect(render("name")).toContain('data-title="Pulls"');
  });

  it("escapes HTML in values", () => {
    expect(render("name")).not.toContain("<script>");
  });
});
