const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Formats a number of bytes in binary units: `3.2 MiB`. */
export function formatBytes(value: number, locale: string): string {
  let unit = 0;
  let quantity = value;
  while (quantity >= 1024 && unit < BYTE_UNITS.length - 1) {
    quantity /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || quantity >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(quantity);
  return `${number} ${BYTE_UNITS[unit]}`;
}

/** Formats an integer with the digit grouping of `locale`. */
export function formatCount(value: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** Formats an RFC 3339 time in the browser's time zone, to the minute. */
export function formatTime(value: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(value),
  );
}

/** Formats an RFC 3339 time in the browser's time zone, to the second, with the zone. */
export function formatExactTime(value: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "long" }).format(
    new Date(value),
  );
}

/** Formats a duration in its largest unit, rounded: `4 seconds`, `2 hours`. */
export function formatDuration(seconds: number, locale: string): string {
  const [unit, size] =
    seconds < 60
      ? (["second", 1] as const)
      : seconds < 3600
        ? (["minute", 60] as const)
        : seconds < 86_400
          ? (["hour", 3600] as const)
          : (["day", 86_400] as const);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(
    Math.round(seconds / size),
  );
}

const RELATIVE_UNITS: [
  limitSeconds: number,
  unit: Intl.RelativeTimeFormatUnit,
  unitSeconds: number,
][] = [
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [30 * 86_400, "day", 86_400],
];

/**
 * Formats an RFC 3339 time relative to `now` (milliseconds): `3 hours ago`, `in 2 days`.
 * Returns null within a minute of `now`, and a date if the distance is 30 days or more.
 */
export function formatRelativeTime(value: string, locale: string, now: number): string | null {
  const seconds = (Date.parse(value) - now) / 1000;
  if (Math.abs(seconds) < 60) {
    return null;
  }
  const relative = RELATIVE_UNITS.find(([limitSeconds]) => Math.abs(seconds) < limitSeconds);
  if (relative === undefined) {
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(value));
  }
  const [, unit, unitSeconds] = relative;
  return new Intl.RelativeTimeFormat(locale, { numeric: "always" }).format(
    Math.trunc(seconds / unitSeconds),
    unit,
  );
}

/** Shortens a digest to its algorithm and its first 12 hexadecimal digits. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(":");
  return hex === undefined ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}

/** Formats a platform as Docker does: `linux/arm/v7`. */
export function formatPlatform(platform: {
  os: string;
  architecture: string;
  variant?: string | null;
}): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}
