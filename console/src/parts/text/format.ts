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
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(value),
  );
}

/** A point in time to the second, with its zone: what is behind a shorter form of it. */
export function exactMoment(value: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "long" }).format(
    new Date(value),
  );
}

const RELATIVE: [limitSeconds: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [30 * 86_400, "day", 86_400],
];

/** How long ago, or in what time: `3 hours ago`; a date beyond 30 days, null within a minute. */
export function relativeMoment(value: string, language: string, now: number): string | null {
  const seconds = (Date.parse(value) - now) / 1000;
  if (Math.abs(seconds) < 60) {
    return null;
  }
  const step = RELATIVE.find(([limit]) => Math.abs(seconds) < limit);
  if (step === undefined) {
    return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(value));
  }
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(
    Math.trunc(seconds / step[2]),
    step[1],
  );
}

/** The beginning of a digest, enough to tell two apart. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(":");
  return hex === undefined ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}

export function platform(value: {
  os: string;
  architecture: string;
  variant?: string | null;
}): string {
  return [value.os, value.architecture, value.variant].filter(Boolean).join("/");
}

/** One word of a POSIX shell, quoted where it must be. */
export function shellWord(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
