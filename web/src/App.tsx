import { QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { useEffect } from "react";
import { queries } from "./api/queries";
import { Editor } from "./editor/Editor";
import { usePlace } from "./router";
import { Start } from "./start/Start";
import { Toasts } from "./ui/toasts";

export function App() {
  const place = usePlace();
  useEffect(() => {
    // A file that misses its mark must not make the browser leave the page for it.
    const stay = (event: DragEvent) => event.preventDefault();
    window.addEventListener("dragover", stay);
    window.addEventListener("drop", stay);
    return () => {
      window.removeEventListener("dragover", stay);
      window.removeEventListener("drop", stay);
    };
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <Tooltip.Provider delayDuration={450} skipDelayDuration={200}>
        {place.at === "project" ? <Editor key={place.id} id={place.id} /> : <Start />}
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}
