import { useEffect, useState } from "react";

/**
 * Returns the focus to the element that opened the dialog once the dialog closes. If the element no
 * longer exists, because the dialog deleted its row, the focus goes to the main content.
 */
export function useReturnFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        if (opener instanceof HTMLElement && opener.isConnected) {
          opener.focus();
        } else if (document.activeElement === document.body) {
          document.getElementById("main")?.focus({ preventScroll: true });
        }
      });
    },
    [opener],
  );
}
