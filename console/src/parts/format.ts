const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes for people: `3.2 MiB`. */
export function bytes(value: number, language: string): string {
  let unit = 0;
  let shown = value;
  while (shown >= 1024 && unit < UNITS.length - 1) {
    shown /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || shown >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(shown)} ${UNITS[unit]}`;
}

export function count(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value);
}

/** A point in time in the reader's zone, to the minute. */
export function moment(value: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(value));
}

/** The beginning of a digest, enough to tell two apart. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(":");
  return hex === undefined ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}

export function platform(value: { os: string; architecture: string; variant?: string | null }): string {
  return [value.os, value.architecture, value.variant].filter(Boolean).join("/");
}

/** One word of a POSIX shell, quoted where it must be. */
export function shellWord(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
