import { useEffect } from "react";
import { create } from "zustand";
import type { ServerEvent } from "./types";

/** Whether the server is heard: shown as a banner when it has been lost for a while. */
export const useConnection = create<{ lost: boolean }>(() => ({ lost: false }));

const PATIENCE = 1500;

/** Listen to a stream of the server's for as long as the component lives.
 *
 * The browser goes on by itself behind the last event after a cut; where it gives up (the server
 * was away, and refused), the stream is opened anew. `onReset` is called whenever something may
 * have been missed. */
export function useServerEvents(
  url: string,
  onEvent: (event: ServerEvent) => void,
  onReset: () => void,
): void {
  useEffect(() => {
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout>;
    let lost: ReturnType<typeof setTimeout> | undefined;
    let opened = false;
    const open = () => {
      source = new EventSource(url);
      source.onopen = () => {
        clearTimeout(lost);
        lost = undefined;
        useConnection.setState({ lost: false });
        if (opened) onReset();
        opened = true;
      };
      source.onmessage = ({ data }) => {
        const event = JSON.parse(data) as ServerEvent;
        if (event.type === "reset") onReset();
        else onEvent(event);
      };
      source.onerror = () => {
        lost ??= setTimeout(() => useConnection.setState({ lost: true }), PATIENCE);
        if (source.readyState === EventSource.CLOSED) {
          clearTimeout(retry);
          retry = setTimeout(open, 1000);
        }
      };
    };
    open();
    return () => {
      clearTimeout(retry);
      clearTimeout(lost);
      source.close();
      useConnection.setState({ lost: false });
    };
    // The handlers are stable for a given address.
    // eslint-disable-next-line
  }, [url]);
}
