import type { Model } from "../../api/client";

/** What an account stores, and its quota. The trash is a part of what it uses. */
export type Storage = Pick<
  Model<"OwnAccountOut">,
  "storage_quota_bytes" | "storage_state" | "storage_trash_bytes" | "storage_used_bytes"
>;

export const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
export type Unit = (typeof UNITS)[number];

/** Returns how much of the quota is used, from 0 to 100. */
export function usedPercent({ storage_used_bytes, storage_quota_bytes }: Storage): number {
  if (storage_quota_bytes === null) {
    return 0;
  }
  return storage_quota_bytes === 0
    ? 100
    : Math.min(100, Math.floor((storage_used_bytes / storage_quota_bytes) * 100));
}

/** Returns `bytes` in the largest unit in which it has at most two decimal places. */
export function toAmount(bytes: number): { amount: string; unit: Unit } {
  for (let power = UNITS.length - 1; power > 0; power -= 1) {
    const hundredths = (bytes / 1024 ** power) * 100;
    if (bytes > 0 && Number.isInteger(hundredths)) {
      return { amount: String(hundredths / 100), unit: UNITS[power] ?? "B" };
    }
  }
  return { amount: String(bytes), unit: "B" };
}

/** Returns the bytes of an amount, such as 1.5 GiB, or null if it is not a number from 0 up. */
export function toBytes(amount: string, unit: Unit): number | null {
  const text = amount.trim();
  if (!/^\d+([.]\d+)?$/.test(text)) {
    return null;
  }
  const bytes = Math.round(Number(text) * 1024 ** UNITS.indexOf(unit));
  return Number.isSafeInteger(bytes) ? bytes : null;
}
