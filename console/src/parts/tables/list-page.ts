/** One page of a list, as the API returns it. */
export interface ListPage<Row> {
  items: Row[];
  /** The cursor of the next page; null on the last page. */
  next_cursor: string | null;
}
