/**
 * Returns the order after a click on a column: the first click sorts by the column, each further
 * click reverses the order. The API writes a descending order as `-column`.
 */
export function nextSort(current: string, column: string, descendingFirst: boolean): string {
  if (current === column) {
    return `-${column}`;
  }
  if (current === `-${column}`) {
    return column;
  }
  return descendingFirst ? `-${column}` : column;
}
