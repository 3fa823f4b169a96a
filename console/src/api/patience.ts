import { connection } from "./connection";
import { ConnectionLost } from "./problems";

/** A server that has not responded for this long does not respond. */
export const PATIENCE_MILLISECONDS = 8000;

/**
 * Runs a request that changes nothing. If it has no result after 8 s, the function cancels it,
 * reports that the connection is lost, and throws ConnectionLost.
 */
export async function readInTime<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connection.markLost();
      reject(new ConnectionLost());
      controller.abort();
    }, PATIENCE_MILLISECONDS);
  });
  try {
    return await Promise.race([read(controller.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for a request that changes something, for as long as it takes: after a cancellation,
 * nobody would know its outcome. After 8 s, the function checks whether the server still responds.
 */
export async function watchWrite<T>(write: Promise<T>): Promise<T> {
  const timer = setTimeout(() => void connection.check(), PATIENCE_MILLISECONDS);
  try {
    return await write;
  } finally {
    clearTimeout(timer);
  }
}
